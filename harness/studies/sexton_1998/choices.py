"""What the paper leaves open, or does in another way, and what is done in its place."""

from __future__ import annotations

from harness.studies.study import Choice

CHOICES = (
    Choice(
        "units of backpropagation",
        "not stated: logistic in both layers, as programs of the time had them; a logistic output is never "
        "below 0, so its targets are scaled to [0, 1]. It is run with a linear output unit as well, in "
        "batches of 50, to see what that choice does",
    ),
    Choice(
        "units of the genetic algorithm",
        "not stated: logistic hidden units and a linear output. A figure of the paper suggests that output "
        "weights were not evolved but solved for by linear least squares; both forms are run, and the second "
        "stands beside the printed numbers",
    ),
    Choice(
        "rates of the genetic algorithm",
        "not stated: one-point crossover of every couple, a tenth of a child's weights changed by a number "
        "from U(-1, 1), the best member kept. On three problems mutations from U(-0.1, 0.1), and of 3 % of "
        "the weights, are tried as well. Other rates may do better; these were not tuned to the paper",
    ),
    Choice(
        "a generation",
        "20 candidates: the best of the last generation, and 19 new ones that are evaluated",
    ),
    Choice(
        "fitness-proportional selection",
        "all 20 parents by a roulette wheel on which a candidate's share is the worst loss of the population "
        "minus its own; the paper does not say how an error becomes a fitness",
    ),
    Choice(
        "bounds of the weights",
        "not stated: none; member 0 of the first population is the start, the others are from U(-4, 4)",
    ),
    Choice("start", "weights and biases from U(-1, 1), the same for all methods; the paper does not say"),
    Choice(
        "scaling",
        "inputs and targets so that the smallest and the largest of the training rows are -1 and 1; the "
        "paper says [-1, 1] and not of which rows. Errors are scaled back",
    ),
    Choice(
        "rows",
        "drawn uniformly from the ranges that are printed: x1 from -100 to 100 and x2 from -10 to 10, for "
        "extrapolation magnitudes from 101 to 200 and from 11 to 20 with either sign; all three of problem "
        "7 from 0 to 200, and from 201 to 400. Problem 6 is trained on the first 100 values that follow 1.6, "
        "0, 0, 0, 0; its interpolation is ten times the next 150. Problem 5 has x1 alone for its input",
    ),
    Choice(
        "rate and momentum",
        "a step is the rate times the gradient of half the squared error, of one row or the mean of 50, and "
        "the momentum times the step before",
    ),
    Choice("order of the rows", "drawn anew for each epoch"),
    Choice(
        "what goes on to 1,000,000 epochs",
        "of the 80 networks of a problem (eight settings, ten starts) the one with the lowest error; that is "
        "the best. The mean is taken to be that of the ten starts at its setting after 20,000 epochs",
    ),
    Choice(
        "interpolation and extrapolation",
        "mean over ten sets of 150 rows of the error of the network with the lowest training error; the "
        "paper does not say which network is tested",
    ),
    Choice(
        "printed standard deviations",
        "not among the numbers above: those of the genetic algorithm on problems 3, 4, 6 and 7 are reported "
        "to be impossible for ten numbers with the best and the worst that are printed, and were not at hand "
        "to be checked again",
    ),
    Choice(
        "criteria added later",
        "set before the runs: that of the best network of backpropagation on problems 1 and 2, and those "
        "of the median of Levenberg and Marquardt's method on 1, 2 and 4. Added when the runs had been seen: "
        "all others, so that best and mean of both published methods are judged on every problem, each "
        "within a factor of 3, and a mean is held against a mean",
    ),
    Choice(
        "second gradient method",
        "not in the paper: that of Levenberg and Marquardt, whose steps solve linear least squares, begun "
        "again from the lowest of ten new starts whenever it gets stuck, for 100,000 forward passes, those "
        "of 5,000 generations of 20. Solving for a candidate's output weights costs three to six passes, so "
        "that form of the genetic algorithm is given several times as much",
    ),
)
