"""What people type who come from elsewhere, and the name that it has here.

Names stay one word for one thing: a synonym is answered, never accepted. One table serves both packages, for
the error that reads it is raised in both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple


class Meaning(NamedTuple):
    """A name, and words that others have for it.

    Attributes:
        family: what the name is one of, in the singular.
        name: as it is spelled here.
        typed: the other words with a space between them, in small letters and with hyphens.
        remark: what to say beside the name, such as an option that makes it what was meant.
    """

    family: str
    name: str
    typed: str
    remark: str = ""


MEANINGS = (
    Meaning(
        "command", "run", "train fit start exec execute bench benchmark sweep resume continue retry optimize"
    ),
    Meaning("command", "list", "ls dir names catalogue catalog"),
    Meaning("command", "show", "info describe cat print view explain"),
    Meaning("command", "compare", "diff rank verdict verdicts test stats decide"),
    Meaning("command", "plot", "graph draw chart figure visualize visualise viz"),
    Meaning("command", "report", "html page dashboard summary summarize"),
    Meaning("command", "study", "reproduce replicate paper"),
    Meaning("command", "tune", "hpo hyperopt search grid grid-search optuna hyperparameters"),
    Meaning("command", "check", "gradcheck grad-check gradient-check verify"),
    Meaning("command", "status", "progress ps st watch"),
    Meaning("command", "merge", "join combine concat"),
    Meaning("command", "export", "convert save dump"),
    Meaning("command", "import", "read ingest"),
    Meaning("command-line option", "--help", "help usage man"),
    Meaning("command-line option", "--version", "version"),
    Meaning("command-line option", "--workers", "jobs n-jobs j processes cores cpus threads parallel"),
    Meaning("command-line option", "--output", "out o folder dir directory into to-file save"),
    Meaning("command-line option", "--into", "out output o folder dir directory"),
    Meaning("command-line option", "--seeds", "repeats repetitions n-seeds replications runs"),
    Meaning("command-line option", "--cost", "budget evaluations evals fevals nfev max-evals"),
    Meaning(
        "command-line option", "--set", "lr learning-rate", "as in --set optimizers.adam.learning_rate=0.1"
    ),
    Meaning("command-line option", "--set", "batch-size batch", "as in --set optimizers.adam.batch=32"),
    Meaning(
        "command-line option",
        "--set",
        "epochs iterations max-iter steps",
        "as in --set budget.iterations=1000",
    ),
    Meaning(
        "command-line option", "--only", "optimizer problem filter include", "as in --only optimizer=adam"
    ),
    Meaning("command-line option", "--without", "exclude skip omit", "as in --without problem=iris"),
    Meaning("command-line option", "--dry-run", "dry n noop simulate"),
    Meaning("command-line option", "--watch", "live follow monitor"),
    Meaning("command-line option", "--trials", "configurations n-trials samples"),
    Meaning("command-line option", "--to", "format form as"),
    Meaning("command-line option", "--from", "format form as"),
    Meaning("kind", "optimizers", "optimiser optimisers algorithm algorithms method methods solver solvers"),
    Meaning("kind", "problems", "dataset datasets data task tasks benchmark benchmarks function functions"),
    Meaning("kind", "gradients", "gradient-source gradient-sources derivative derivatives autodiff"),
    Meaning("kind", "schedules", "scheduler schedulers lr-schedule lr-schedules lr-scheduler"),
    Meaning("kind", "experiments", "config configs protocol protocols"),
    Meaning("kind", "examples", "exercise exercises coursework"),
    Meaning("kind", "executors", "backend backends runner runners"),
    Meaning("kind", "plots", "figure figures chart charts graph graphs"),
    Meaning("kind", "statistics", "metric metrics stat stats measure measures test tests"),
    Meaning("kind", "studies", "paper papers"),
    Meaning("kind", "formats", "exporter exporters exchange exports"),
    Meaning("kind", "activations", "nonlinearity nonlinearities transfer-function transfer-functions"),
    Meaning("kind", "losses", "criterion criteria objective objectives loss-function loss-functions"),
    Meaning("kind", "initializers", "init inits initialisation initialization weight-init"),
    Meaning("kind", "results", "runs output folder"),
    Meaning("field", "problems", "dataset datasets data task tasks function functions"),
    Meaning("field", "optimizers", "optimiser optimisers algorithm algorithms method methods solver solvers"),
    Meaning("field", "gradients", "grad grads differentiation backprop"),
    Meaning("field", "seeds", "repeats repetitions replications n-seeds runs"),
    Meaning("field", "budget", "epochs iterations max-iter steps", "as in budget = { iterations = 1000 }"),
    Meaning("field", "budget", "evaluations evals cost fevals max-evals", "as in budget = { cost = 1000 }"),
    Meaning("field", "timeout", "time-limit max-time walltime"),
    Meaning("field", "claims", "hypothesis hypotheses comparison comparisons"),
    Meaning("field", "figures", "plots plot charts"),
    Meaning("field", "question", "title description"),
    Meaning("limit", "cost", "evaluations evals fevals nfev max-evals function-evaluations"),
    Meaning("limit", "iterations", "epochs epoch steps max-iter generations maxiter"),
    Meaning("limit", "seconds", "time walltime wall-time minutes"),
    Meaning("axis", "iteration", "iterations epochs epoch steps generation generations"),
    Meaning(
        "optimizer", "gradient-descent", "gd backprop backpropagation bp steepest-descent vanilla batch-gd"
    ),
    Meaning(
        "optimizer", "gradient-descent", "sgd minibatch-gd stochastic-gradient-descent", "with batch=32, say"
    ),
    Meaning("optimizer", "momentum", "heavy-ball sgd-momentum polyak"),
    Meaning("optimizer", "nesterov", "nag accelerated"),
    Meaning("optimizer", "rprop", "irprop resilient-backprop resilient-propagation"),
    Meaning("optimizer", "lbfgs", "l-bfgs l-bfgs-b limited-memory-bfgs lbfgsb"),
    Meaning("optimizer", "conjugate-gradient", "cg scg fletcher-reeves polak-ribiere"),
    Meaning("optimizer", "levenberg-marquardt", "lm lma gauss-newton leastsq"),
    Meaning("optimizer", "newton-trust-region", "newton trust-region trust-ncg"),
    Meaning("optimizer", "newton-conjugate-gradient", "newton-cg truncated-newton tnc"),
    Meaning("optimizer", "genetic-algorithm", "ga genetic sga pygad evolution evolutionary-algorithm ea"),
    Meaning("optimizer", "memetic-algorithm", "ma memetic hybrid-ga"),
    Meaning("optimizer", "differential-evolution", "de shade jade"),
    Meaning("optimizer", "particle-swarm", "pso swarm"),
    Meaning("optimizer", "cmaes", "cma cma-es bipop ipop"),
    Meaning("optimizer", "evolution-strategy", "es one-plus-one 1+1-es (1+1)-es"),
    Meaning("optimizer", "simulated-annealing", "sa annealing dual-annealing"),
    Meaning("optimizer", "hill-climbing", "hc hillclimber local-search"),
    Meaning("optimizer", "nelder-mead", "nm simplex amoeba fminsearch"),
    Meaning("optimizer", "random-search", "rs random monte-carlo"),
    Meaning("optimizer", "multi-start", "restarts random-restarts basin-hopping"),
    Meaning("optimizer", "perceptron-rule", "perceptron rosenblatt"),
    Meaning("optimizer", "fisher-discriminant", "lda fisher"),
    Meaning("gradient source", "analytic", "backprop backpropagation bp exact manual hand"),
    Meaning(
        "gradient source", "central-difference", "numeric numerical fd finite-difference finite-differences"
    ),
    Meaning("gradient source", "forward-difference", "one-sided 2-point two-point"),
    Meaning("gradient source", "complex-step", "cs complex imaginary-step"),
    Meaning(
        "gradient source", "reverse-autodiff", "autodiff autograd ad reverse reverse-mode tape jax torch"
    ),
    Meaning("gradient source", "forward-autodiff", "forward-mode dual dual-numbers jvp"),
    Meaning("gradient source", "symbolic", "sympy formula"),
    Meaning("problem", "xor", "exclusive-or"),
    Meaning("problem", "digits", "mnist", "images of 8 x 8 pixels, which are not MNIST's"),
    Meaning("problem", "breast-cancer", "cancer wdbc wisconsin"),
    Meaning("problem", "two-moons", "moons make-moons half-moons"),
    Meaning("problem", "two-spirals", "spiral spirals"),
    Meaning("problem", "rosenbrock", "banana"),
    Meaning("problem", "table", "csv parquet file own data", "as in table:file=own.csv,predict=COLUMN"),
    Meaning("activation", "sigmoid", "logistic logsig expit"),
    Meaning("activation", "identity", "linear none purelin"),
    Meaning("activation", "relu", "relu6 rectifier rectified-linear", "which has no upper bound"),
    Meaning("activation", "leaky-relu", "lrelu leakyrelu prelu"),
    Meaning("activation", "tanh", "hyperbolic-tangent tansig"),
    Meaning("activation", "step", "heaviside sign threshold hardlim"),
    Meaning("activation", "exponential", "exp"),
    Meaning("loss", "squared", "mse l2 mean-squared-error sse squared-error quadratic"),
    Meaning("loss", "binary-cross-entropy", "bce log-loss logloss logistic"),
    Meaning("loss", "binary-cross-entropy", "crossentropy cross-entropy ce xent entropy", "of two classes"),
    Meaning("loss", "categorical-cross-entropy", "cce nll softmax softmax-cross-entropy sparse-categorical"),
    Meaning(
        "loss",
        "categorical-cross-entropy",
        "crossentropy cross-entropy ce xent entropy",
        "of several classes",
    ),
    Meaning("loss", "perceptron-soft", "hinge perceptron"),
    Meaning("initializer", "glorot", "xavier glorot-uniform normalized"),
    Meaning("initializer", "he", "kaiming he-normal"),
    Meaning("initializer", "uniform", "random rand"),
    Meaning("initializer", "zeros", "zero constant"),
    Meaning("schedule", "constant", "fixed none"),
    Meaning("schedule", "step", "step-decay steplr staircase"),
    Meaning("schedule", "cosine", "cosine-annealing sgdr"),
    Meaning("schedule", "inverse-scaling", "invscaling robbins-monro inverse-time"),
    Meaning("executor", "automatic", "auto default"),
    Meaning("executor", "serial", "sequential single none"),
    Meaning("executor", "processes", "multiprocessing parallel loky joblib pool process"),
    Meaning("executor", "dask", "cluster distributed slurm"),
    Meaning("statistic", "expected-running-time", "ert aert"),
    Meaning("statistic", "runtime-ecdf", "ecdf cdf"),
    Meaning("statistic", "solved-fraction", "success-rate sr solved"),
    Meaning("statistic", "anytime-area", "auc area aocc"),
    Meaning("statistic", "kaplan-meier", "survival km"),
    Meaning("statistic", "mean-rank", "friedman nemenyi ranks"),
    Meaning("statistic", "probability-ahead", "wilcoxon mann-whitney sign-test a12 vargha-delaney win-rate"),
    Meaning("statistic", "final-accuracy", "accuracy acc"),
    Meaning("statistic", "final-loss", "loss"),
    Meaning("plot", "convergence", "curve curves learning-curve loss-curve loss history"),
    Meaning("plot", "finals", "box boxplot violin strip swarm"),
    Meaning("plot", "critical-differences", "cd cd-diagram nemenyi ranks"),
    Meaning("plot", "runtime-ecdf", "ecdf cdf ert"),
    Meaning("plot", "kaplan-meier", "survival km"),
    Meaning("plot", "confusion", "confusion-matrix matrix"),
    Meaning("plot", "sweep-heatmap", "heatmap grid"),
    Meaning("plot", "loss-landscape", "landscape surface contour loss-surface"),
    Meaning("plot", "network-diagram", "network architecture net graph"),
    Meaning("plot", "weights-over-time", "weights parameters"),
    Meaning("exchange format", "csv", "json excel pandas tsv parquet"),
    Meaning("exchange format", "mlflow", "mlruns ml-flow"),
    Meaning("exchange format", "ioh", "iohprofiler iohanalyzer iohinspector"),
    Meaning("exchange format", "coco", "bbob cocopp cocoex"),
    Meaning(
        "option", "learning_rate", "lr eta alpha rate step-size stepsize", "as in adam:learning_rate=0.1"
    ),
    Meaning("option", "step", "sigma sigma0 stepsize step-size spread h eps delta"),
    Meaning("option", "batch", "batch-size batchsize minibatch mini-batch", "rows of a step"),
    Meaning("option", "weight_decay", "l2 lambda regularization regularisation wd"),
    Meaning("option", "clip_norm", "clip clipping gradient-clipping max-norm"),
    Meaning("option", "schedule", "scheduler lr-schedule"),
    Meaning("option", "warm_up", "warmup warmup-steps"),
    Meaning("option", "factor", "gamma"),
    Meaning("option", "decay_1", "beta1 beta-1 b1"),
    Meaning("option", "decay_2", "beta2 beta-2 b2"),
    Meaning("option", "decay", "rho alpha beta"),
    Meaning("option", "epsilon", "eps"),
    Meaning("option", "momentum", "mu beta"),
    Meaning("option", "memory", "history history-size m maxcor"),
    Meaning("option", "initial_damping", "lambda mu damping"),
    Meaning("option", "gradient_tolerance", "tol gtol pgtol tolerance"),
    Meaning("option", "function_tolerance", "ftol"),
    Meaning(
        "option", "population_size", "pop population popsize pop-size num-individuals sol-per-pop np lambda"
    ),
    Meaning("option", "mutation_probability", "mutation-rate pm mutation"),
    Meaning("option", "crossover_probability", "crossover-rate pc cr crossover"),
    Meaning("option", "keep_elitism", "elitism elite elites"),
    Meaning("option", "differential_weight", "f scale mutation"),
    Meaning("option", "cognitive", "c1 phi1 phi-p"),
    Meaning("option", "social", "c2 phi2 phi-g"),
    Meaning("option", "initial_temperature", "temperature t0 temp"),
    Meaning("option", "optimizer", "local method solver"),
    Meaning(
        "option",
        "hidden",
        "mlp layers units neurons hidden-units hidden-layers hidden-layer-sizes hidden-size architecture",
        "units of a problem's hidden layers, as in iris:hidden=[16,16]",
    ),
    Meaning("option", "activation", "act nonlinearity transfer-function"),
    Meaning("option", "initializer", "init weight-init initialization"),
    Meaning("option", "loss", "criterion loss-function"),
    Meaning("option", "test_fraction", "test-size split test-split holdout"),
    Meaning("option", "target", "goal threshold tolerance"),
    Meaning("option", "predict", "target-column label y"),
    Meaning("option", "n", "dim dimension dimensions d"),
)
"""All there is; `tests/test_synonyms.py` sees to it that each name is one, and none of the other words is."""

OF_ONE_PLACE = ("axis", "command-line option", "field", "kind", "limit")
"""Families whose names are of no use in another place than their own."""


def meant(typed: str, known: Iterable[str]) -> list[Meaning]:
    """Return what a word stands for among known names, or else anywhere.

    Arguments:
        typed: the word, in any letters and with any strokes.
        known: names that would have been right.

    Returns:
        Each name once; none where the word is in no row of the table.

    >>> [found.name for found in meant("SGD", ["adam", "gradient-descent"])]
    ['gradient-descent']
    >>> [(found.family, found.name) for found in meant("numeric", ["adam"])]
    [('gradient source', 'central-difference')]
    """
    word = plain(typed)
    names: Collection[str] = set(known)
    found = [one for one in MEANINGS if word in one.typed.split()]
    here = [one for one in found if one.name in names]
    elsewhere = [one for one in found if one.family not in OF_ONE_PLACE]
    options = [one for one in found if one.family == "command-line option"]
    return list({one.name: one for one in here or elsewhere or options}.values())


def plain(typed: str) -> str:
    """Return a word as the table has it.

    >>> plain("--Batch_Size ")
    'batch-size'
    """
    return "-".join(typed.strip().lower().replace("_", " ").replace("-", " ").split())
