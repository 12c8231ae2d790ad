"""Which files are tested by mutation, and which tests are to notice."""

from __future__ import annotations

OF_NETWORKS = [
    *("contracts/test_activations.py", "contracts/test_losses.py", "test_points_of_activations.py"),
]
OF_COMPARISONS = ["test_verdicts.py", "test_odd_comparisons.py", "test_paired_statistics.py"]
OF_PAIRS = ["test_paired_statistics.py"]
OF_SEEDS = ["test_confidence_sequences.py", "test_sequential_verdicts.py"]
OF_BLOCKS = ["test_block_statistics.py", "test_statistic_family.py"]
OF_TIMES = ["test_time_statistics.py", "test_statistic_family.py", "test_odd_comparisons.py"]
OF_LIMITS = ["test_cost_rules.py"]
# The contract of the sources takes twenty minutes as Python, and some of the tests of differences one each.
OF_SOURCES = ["test_function_problems.py", "test_missing_faces.py"]
OF_DERIVATIONS = [
    *OF_SOURCES,
    *(
        f"test_autodiff_sources.py::{name}"
        for name in (
            "test_the_gradient_is_the_hand_written_one",
            "test_each_row_is_counted_once_and_paid_for_as_stated",
            "test_rows_fill_tiles_exactly[129-forward-autodiff]",
            "test_rows_fill_tiles_exactly[700-reverse-autodiff]",
            "test_reverse_mode_does_the_products_of_backpropagation_and_no_more",
            "test_a_loss_that_is_not_finite_comes_through",
        )
    ),
]
OF_DIFFERENCES = [
    f"test_difference_sources.py::{name}"
    for name in ("TestAgreement", "TestCounting", "TestParameters", "TestRefusals")
] + ["test_difference_sources.py::TestBlocks::test_memory_is_bounded"]
TESTS = {
    "optimizers/budget.py": OF_LIMITS,
    "optimizers/clock.py": ["test_clock.py", *OF_LIMITS],
    "optimizers/meter.py": OF_LIMITS,
    "optimizers/limits.py": OF_LIMITS,
    "optimizers/objective.py": ["test_cost_rules.py", "test_objective.py", "test_counters.py"],
    "harness/runs/identity.py": ["test_identity.py", "test_missing_faces.py", "test_labels.py"],
    "harness/runs/provenance.py": ["test_provenance.py"],
    "harness/runs/described.py": ["test_identity.py", "test_improvements.py", "test_replay.py"],
    "harness/fingerprints/fingerprint.py": ["test_identity.py", "test_compiled_function.py"],
    "harness/fingerprints/code.py": ["test_identity.py", "test_compiled_function.py"],
    "harness/fingerprints/origins.py": ["test_identity.py", "test_compiled_function.py"],
    "harness/network/losses/binary_cross_entropy.py": OF_NETWORKS,
    "harness/network/losses/categorical_cross_entropy.py": OF_NETWORKS,
    "harness/network/losses/half_squared.py": OF_NETWORKS,
    "harness/network/losses/squared.py": OF_NETWORKS,
    "harness/network/losses/perceptron_hard.py": OF_NETWORKS,
    "harness/network/losses/perceptron_soft.py": OF_NETWORKS,
    "harness/network/activations/exponential.py": OF_NETWORKS,
    "harness/network/activations/identity.py": OF_NETWORKS,
    "harness/network/activations/leaky_relu.py": OF_NETWORKS,
    "harness/network/activations/relu.py": OF_NETWORKS,
    "harness/network/activations/sigmoid.py": OF_NETWORKS,
    "harness/network/activations/softmax.py": OF_NETWORKS,
    "harness/network/activations/step.py": OF_NETWORKS,
    "harness/network/activations/tanh.py": OF_NETWORKS,
    "harness/network/kernels.py": [
        *OF_NETWORKS,
        "test_network.py",
        "test_uncompiled.py",
        "test_board_without_helpers.py",
    ],
    "harness/network/few_rows.py": [*OF_NETWORKS, "test_few_rows.py"],
    "harness/network/candidate_lanes.py": [*OF_NETWORKS, "test_candidate_lanes.py"],
    "harness/numerics/elementary.py": ["test_elementary.py"],
    "harness/gradients/analytic.py": OF_SOURCES,
    "harness/gradients/differences.py": [*OF_DIFFERENCES, *OF_SOURCES],
    "harness/gradients/complex_step.py": [
        *OF_DIFFERENCES,
        "test_complex_functions.py",
        *OF_SOURCES,
    ],
    "harness/gradients/complex_pass.py": [*OF_DIFFERENCES, *OF_SOURCES],
    "harness/gradients/forward_autodiff.py": OF_DERIVATIONS,
    "harness/gradients/reverse_autodiff.py": [*OF_DERIVATIONS, "test_board_without_helpers.py"],
    "harness/analysis/ahead.py": OF_PAIRS,
    "harness/analysis/anytime_area.py": ["test_curve_statistics.py", "test_statistic_family.py"],
    "harness/analysis/betting_sequence.py": ["test_confidence_sequences.py"],
    "harness/analysis/comparison.py": [*OF_COMPARISONS, "test_sequential_verdicts.py"],
    "harness/analysis/expected_best.py": ["test_expected_best.py"],
    "harness/analysis/expected_running_time.py": ["test_time_statistics.py"],
    "harness/analysis/friedman.py": OF_BLOCKS,
    "harness/analysis/kaplan_meier.py": ["test_time_statistics.py"],
    "harness/analysis/mean_rank.py": OF_BLOCKS,
    "harness/analysis/median_sequence.py": ["test_confidence_sequences.py"],
    "harness/analysis/medians.py": ["test_time_statistics.py"],
    "harness/analysis/multiplicity.py": OF_PAIRS,
    "harness/analysis/paired_ratio.py": OF_PAIRS,
    "harness/analysis/probability_ahead.py": OF_PAIRS,
    "harness/analysis/probability_sequence.py": ["test_confidence_sequences.py"],
    "harness/analysis/proportions.py": ["test_time_statistics.py"],
    "harness/analysis/restricted_mean_time.py": ["test_time_statistics.py"],
    "harness/analysis/sequential_path.py": OF_SEEDS,
    "harness/analysis/sequential_verdict.py": OF_SEEDS,
    "harness/analysis/signed_ranks.py": OF_PAIRS,
    "harness/analysis/solved_difference.py": OF_PAIRS,
    "harness/analysis/tested_pairs.py": OF_PAIRS,
    "harness/analysis/times.py": ["test_time_statistics.py"],
    "harness/analysis/tuning_score.py": ["test_tuning.py", "test_expected_best.py"],
    "harness/analysis/verdict.py": [*OF_COMPARISONS, "test_sequential_verdicts.py"],
}
"""Files that are tested by themselves, and the tests that are to notice."""
