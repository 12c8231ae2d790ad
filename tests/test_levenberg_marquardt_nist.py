"""Levenberg-Marquardt on NIST's certified regressions, and on parameters of any size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import special_ortho_group

import optimizers
from benchmarks import nist
from optimizers import Budget, LevenbergMarquardt, SumOfSquares

REGRESSIONS = {name: nist.load(name) for name in nist.MODELS}


def fitted(objective: SumOfSquares, start: Any, iterations: int = 2000) -> optimizers.Minimum:
    return optimizers.minimize(objective, start, LevenbergMarquardt(), Budget(iterations=iterations))


class TestCertified:
    def test_the_files_and_the_models_agree(self) -> None:
        for regression in REGRESSIONS.values():
            residuals = regression.residuals(regression.certified)
            # Lanczos1 has a certified loss of 1.4e-25, to which eleven digits of the parameters do not lead.
            assert residuals @ residuals == pytest.approx(regression.loss, rel=1e-7, abs=1e-20), (
                regression.name
            )
        assert len(REGRESSIONS) == 27

    @pytest.mark.parametrize("start", [0, 1])
    @pytest.mark.parametrize("name", nist.MODELS)
    def test_parameters_are_right_to_four_digits_and_more(self, name: str, start: int) -> None:
        regression = REGRESSIONS[name]
        n = regression.certified.size
        exact = fitted(SumOfSquares(regression.residuals, n, regression.jacobian), regression.starts[start])
        assert nist.digits(exact.w, regression.certified) >= 4
        assert exact.outcome.name == "stalled"
        by_differences = fitted(SumOfSquares(regression.residuals, n), regression.starts[start])
        assert nist.digits(by_differences.w, regression.certified) >= 4


class TestScales:
    TIMES = np.arange(1.0, 11.0)

    @pytest.mark.parametrize("small", [2e-6, 2.0, 2e-100])
    @pytest.mark.parametrize("large", [3e8, 3.0, 3e-9, 3e120])
    def test_a_decay_is_found_in_any_units(self, small: float, large: float) -> None:
        x = self.TIMES * large / 3.0

        def residuals(w: Any) -> Any:
            return w[0] * np.exp(-x / w[1]) - small * np.exp(-x / large)

        def jacobian(w: Any) -> Any:
            curve = np.exp(-x / w[1])
            return np.stack([curve, w[0] / w[1] * (x / w[1]) * curve], axis=1)

        best = fitted(SumOfSquares(residuals, 2, jacobian), [small / 2, large / 2])
        assert best.w == pytest.approx([small, large], rel=1e-6)

    def test_units_change_nothing_but_the_units(self) -> None:
        regression = REGRESSIONS["Thurber"]
        units = 2.0 ** np.array([40.0, -30.0, 7.0, 0.0, 60.0, -12.0, 3.0])
        plain = fitted(SumOfSquares(regression.residuals, 7, regression.jacobian), regression.starts[0], 12)
        scaled = fitted(
            SumOfSquares(
                lambda w: regression.residuals(w * units), 7, lambda w: regression.jacobian(w * units) * units
            ),
            regression.starts[0] / units,
            12,
        )
        assert scaled.w * units == pytest.approx(plain.w, rel=1e-9)
        assert scaled.loss == pytest.approx(plain.loss, rel=1e-12)

    def test_columns_that_are_nearly_the_same_are_told_apart(self) -> None:
        # Condition 1e10: squared, as in J'J, nothing of the smallest direction would be left.
        left = special_ortho_group.rvs(20, random_state=np.random.default_rng(0))[:, :3]
        right = special_ortho_group.rvs(3, random_state=np.random.default_rng(1))
        table = left @ np.diag([1.0, 1e-5, 1e-10]) @ right
        truth = np.array([1.0, -2.0, 3.0])
        best = fitted(SumOfSquares(lambda w: table @ (w - truth), 3, lambda w: table), [0.0, 0.0, 0.0])
        assert best.w == pytest.approx(truth, rel=1e-4)


class TestEnds:
    def test_a_jacobian_with_a_wrong_sign_is_not_called_a_minimum(self) -> None:
        wrong = SumOfSquares(lambda w: w - 1.0, 2, lambda w: -np.eye(2))
        best = fitted(wrong, [3.0, 4.0])
        assert "though the Jacobian promises that one does: the Jacobian is wrong" in best.outcome.sentence

    def test_where_it_says_that_no_step_lowers_the_loss_none_does(self) -> None:
        for name in ("Misra1a", "Thurber", "MGH09", "Hahn1"):
            regression = REGRESSIONS[name]
            best = fitted(SumOfSquares(regression.residuals, regression.certified.size), regression.starts[1])
            assert best.outcome.sentence.startswith("no step lowers the loss any more")
            rng = np.random.default_rng(0)
            for size in 10.0 ** np.arange(-12.0, 0.0):
                moved = best.w * (1 + size * rng.normal(size=(50, best.w.size)))
                losses = [float(np.sum(regression.residuals(w) ** 2)) for w in moved]
                assert min(losses) >= best.loss * (1 - 1e-12), (name, size)
