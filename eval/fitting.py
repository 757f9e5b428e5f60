"""What `guideqa eval fit` and `guideqa eval ablation` do: options → indexes → lines on stdout."""

from __future__ import annotations

from argparse import Namespace

from eval import ablation_tables, fit_abstention, fit_evidence, fit_ranking
from eval.errors import EvalConfigError
from eval.progress import ProgressBar
from eval.questions import EvalQuestion, default_files
from eval.systems import RememberingEncoder
from eval.training import Corpus, Refit, open_corpora, tuning_questions
from guideqa.cli import print_json
from guideqa.settings import load_settings
from guideqa.wiring import open_encoder


def fit(options: Namespace) -> None:
    """Refit the weights of one part and print them beside today's figures. Changes nothing.

    Raises:
        EvalConfigError: a feature to leave out does not exist.
        QuestionSetError: there are too few questions to learn from.
        IndexUnavailableError: a folder has no index.
    """
    _check_left_out(options)
    questions = tuning_questions(options.questions or default_files())
    found = _refits(options, _corpora(options), questions)
    if options.json:
        print_json([refit.record() for refit in found])
        return
    for refit in found:
        for line in refit.lines():
            print(line)


def _check_left_out(options: Namespace) -> None:
    allowed = fit_ranking.NAMES if options.what == "ranking" else ()
    unknown = [name for name in options.without if name not in allowed]
    if unknown:
        raise EvalConfigError(
            f"--without に使えない名前です: {', '.join(unknown)}（ranking で {', '.join(fit_ranking.NAMES)}）"
        )


def _refits(options: Namespace, corpora: list[Corpus], questions: tuple[EvalQuestion, ...]) -> list[Refit]:
    if options.what == "ranking":
        return [fit_ranking.refit(corpora, questions, options.without)]
    if options.what == "evidence":
        return [fit_evidence.refit(corpora, questions)]
    return fit_abstention.refit(corpora, questions)


def _corpora(options: Namespace) -> list[Corpus]:
    settings = load_settings()
    encoder = RememberingEncoder(open_encoder(settings))
    return open_corpora(options.data_dir or [settings.data_dir], settings, encoder)


def ablate(options: Namespace) -> None:
    """Print what each part of the retrieval is worth, as Markdown tables.

    Raises:
        QuestionSetError: there is no question, or the dataset is malformed.
        IndexUnavailableError: a folder has no index.
    """
    settings = load_settings()
    encoder = RememberingEncoder(open_encoder(settings))
    if options.dataset:
        cache = options.cache or settings.data_dir / "eval" / "embeddings.sqlite"
        lines = ablation_tables.of_dataset(options.dataset, cache, settings, encoder, ProgressBar())
    else:
        folders = options.data_dir or [settings.data_dir]
        questions = tuning_questions(options.questions or default_files())
        lines = ablation_tables.of_questions(folders, questions, settings, encoder, ProgressBar())
    for line in lines:
        print(line)
