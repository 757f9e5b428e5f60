"""`guideqa search` and `ask`: the library's own commands."""

from __future__ import annotations

from argparse import Namespace

from guideqa import access_commands
from guideqa.cli import Subcommands, print_json
from guideqa.filter_options import add_filter_options, filters_of


def register(commands: Subcommands) -> None:
    """Add the commands that read the index."""
    search = commands.add_parser("search", help="質問に近い箇所を探す")
    search.add_argument("query", metavar="質問")
    search.add_argument("-k", type=int, default=10, metavar="件数", help="何件出すか（既定 10）")
    search.add_argument("--json", action="store_true", help="JSONで出す")
    search.add_argument("--explain", action="store_true", help="なぜその順位かを、得点の内訳で示す")
    add_filter_options(search)
    search.set_defaults(run=_search)

    ask = commands.add_parser("ask", help="質問に、ページと引用を示して答える")
    ask.add_argument("question", metavar="質問")
    ask.add_argument("--json", action="store_true", help="JSONで出す")
    add_filter_options(ask)
    ask.set_defaults(run=_ask)

    mcp = commands.add_parser(
        "mcp",
        help="MCPサーバー（標準入出力）を動かす",
        description="MCPに対応したプログラムから起動します。HTTPで使うときは guideqa serve の /mcp です。",
    )
    mcp.set_defaults(run=_mcp)
    access_commands.register(commands)


def _mcp(options: Namespace) -> None:
    from guideqa.mcp.server import build_server
    from guideqa.operation.audit import Caller
    from guideqa.operation.logs import start_logging
    from guideqa.operation.recording import Record, Recorder
    from guideqa.settings import load_settings
    from guideqa.wiring import build_assistant

    settings = load_settings()
    start_logging(settings.log_format)  # to stderr: stdout is the protocol's
    owner = Record(Recorder.of(settings), Caller("stdio", "", ""))
    build_server(build_assistant(settings), owner).run("stdio")


def _search(options: Namespace) -> None:
    from guideqa.api.schemas import MAX_HITS, SearchResponse
    from guideqa.errors import QuestionError
    from guideqa.retrieval.explanation import lines_of
    from guideqa.settings import load_settings
    from guideqa.types import Question
    from guideqa.wiring import build_assistant

    if not 1 <= options.k <= MAX_HITS:
        raise QuestionError(f"件数は1から{MAX_HITS}までです: {options.k}")
    assistant = build_assistant(load_settings())
    question = Question(options.query, filters=filters_of(options, assistant.index))
    reply = assistant.search(question, options.k)
    if options.json:
        print_json(SearchResponse.of(options.query, reply).model_dump(mode="json"))
        return
    for rank, hit in enumerate(reply.hits, start=1):
        document = reply.documents[hit.passage.document_id]
        pages = "・".join(str(ref) for ref in hit.passage.pages)
        print(
            f"{rank}. {pages} 『{document.title}』（{document.status_label}） {' > '.join(hit.passage.headings)}"
        )
        print(f"   {hit.passage.text[:120].replace(chr(10), ' ')}")
        if options.explain:
            print(f"   得点 {hit.score:.2f}")
            for line in lines_of(assistant.explain(reply, hit)):
                print(f"   {line}")


def _ask(options: Namespace) -> None:
    from guideqa.api.schemas import AskResponse
    from guideqa.settings import load_settings
    from guideqa.types import AnswerStatus, Question
    from guideqa.wiring import build_assistant

    assistant = build_assistant(load_settings())
    question = Question(options.question, filters=filters_of(options, assistant.index))
    reply = assistant.ask(question)
    if options.json:
        print_json(AskResponse.of(reply).model_dump(mode="json"))
        return
    answer = reply.answer
    if answer.notice and answer.status is AnswerStatus.ANSWERED:
        print(f"※ {answer.notice}\n")
    print(answer.markdown.replace("**", ""))
    for citation in answer.citations:
        document = reply.documents[citation.page.document_id]
        print(
            f"[{citation.number}] 『{document.title}』（{document.status_label}） {citation.page}「{citation.quote}」"
        )
    for item in answer.unverified:
        print(f"（未確認）{item.text}（{'。'.join(item.reasons)}）")
