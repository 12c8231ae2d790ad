"""How to search: optimizers behind one contract, for networks and for any function.

Every optimizer is reachable here by its class name, ``optimizers.Adam``, and by its name in kebab-case
through ``build_optimizer``. The classes are found, not listed: a new file in this package is enough.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # For type checkers and editors, which run nothing: at run time the classes are found.
    from optimizers.budget import Budget
    from optimizers.descent.adagrad import Adagrad as Adagrad
    from optimizers.descent.adam import Adam as Adam
    from optimizers.descent.adamw import AdamW as AdamW
    from optimizers.descent.gradient_descent import GradientDescent as GradientDescent
    from optimizers.descent.momentum import Momentum as Momentum
    from optimizers.descent.nesterov import Nesterov as Nesterov
    from optimizers.descent.quickprop import Quickprop as Quickprop
    from optimizers.descent.rmsprop import RMSprop as RMSprop
    from optimizers.descent.rprop import Rprop as Rprop
    from optimizers.errors import InputError, MissingExtraError
    from optimizers.evolution.bipop_cmaes import BipopCMAES as BipopCMAES
    from optimizers.evolution.cmaes import CMAES as CMAES
    from optimizers.evolution.differential_evolution import DifferentialEvolution as DifferentialEvolution
    from optimizers.evolution.evolution_strategy import EvolutionStrategy as EvolutionStrategy
    from optimizers.evolution.particle_swarm import ParticleSwarm as ParticleSwarm
    from optimizers.function_objective import FunctionObjective
    from optimizers.genetic.genetic_algorithm import GeneticAlgorithm as GeneticAlgorithm
    from optimizers.genetic.memetic_algorithm import MemeticAlgorithm as MemeticAlgorithm
    from optimizers.local.hill_climbing import HillClimbing as HillClimbing
    from optimizers.local.random_search import RandomSearch as RandomSearch
    from optimizers.local.simulated_annealing import SimulatedAnnealing as SimulatedAnnealing
    from optimizers.minimum import Minimum, minimize
    from optimizers.multi_start import MultiStart as MultiStart
    from optimizers.objective import Measurable, Objective
    from optimizers.optimizer import Optimizer, Outcome
    from optimizers.perceptron.averaged import AveragedPerceptron as AveragedPerceptron
    from optimizers.perceptron.fisher import FisherDiscriminant as FisherDiscriminant
    from optimizers.perceptron.pocket import PocketPerceptron as PocketPerceptron
    from optimizers.perceptron.rule import MarginPerceptron as MarginPerceptron
    from optimizers.perceptron.rule import PerceptronRule as PerceptronRule
    from optimizers.perceptron.scikit_learn import ScikitLearnPerceptron as ScikitLearnPerceptron
    from optimizers.registry import build_optimizer, known_optimizers
    from optimizers.scipy.methods import BFGS as BFGS
    from optimizers.scipy.methods import LBFGS as LBFGS
    from optimizers.scipy.methods import ConjugateGradient as ConjugateGradient
    from optimizers.scipy.methods import NelderMead as NelderMead
    from optimizers.scipy.methods import NewtonConjugateGradient as NewtonConjugateGradient
    from optimizers.second_order.levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
    from optimizers.second_order.newton_trust_region import NewtonTrustRegion as NewtonTrustRegion
    from optimizers.sum_of_squares import SumOfSquares

__all__ = [
    "Budget",
    "FunctionObjective",
    "InputError",
    "Measurable",
    "Minimum",
    "MissingExtraError",
    "Objective",
    "Optimizer",
    "Outcome",
    "SumOfSquares",
    "build_optimizer",
    "known_optimizers",
    "minimize",
]

_PLACES = {
    "Budget": "budget",
    "FunctionObjective": "function_objective",
    "InputError": "errors",
    "Measurable": "objective",
    "Minimum": "minimum",
    "MissingExtraError": "errors",
    "Objective": "objective",
    "Optimizer": "optimizer",
    "Outcome": "optimizer",
    "SumOfSquares": "sum_of_squares",
    "build_optimizer": "registry",
    "known_optimizers": "registry",
    "minimize": "minimum",
}


if not TYPE_CHECKING:  # which knows the names from above, and would take any other for right

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used, and find an optimizer class by its name.

        What is asked for an error, or for the options of a figure, has no use for compiled functions.
        """
        if name in _PLACES:
            return getattr(importlib.import_module(f"optimizers.{_PLACES[name]}"), name)
        # No module is looked for among them: that imports all, and some of these import it.
        if name[:1].isupper():
            from optimizers.named import kebab_case
            from optimizers.registry import OPTIMIZERS

            likely = OPTIMIZERS.get(kebab_case(name))
            for found in (likely,) if likely is not None else OPTIMIZERS.values():
                if found.__name__ == name:
                    return found
        raise AttributeError(
            f"module 'optimizers' has no attribute {name!r}; see optimizers.known_optimizers()"
        )


def __dir__() -> list[str]:
    from optimizers.registry import known_optimizers

    return sorted([*__all__, *(found.__name__ for found in known_optimizers().values())])
