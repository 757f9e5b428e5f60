// A session that has ended is said where one can sign in again, not by a page that no longer answers.
if (!window.gqFetch) {
  window.gqFetch = window.fetch;
  window.fetch = async (...request) => {
    const answer = await window.gqFetch(...request);
    if (answer.status === 401) window.location.assign("/signin?next=/");
    return answer;
  };
}

// Links of the form #source?…, #copy?…, #feedback?… and so on act here, wherever on the page they stand.
const kindOf = (link) => ((link && link.getAttribute && link.getAttribute("href")) || "").match(/^#(source|copy|feedback|ask|evidence|again|confirm|talk|rename|forget)\?/)?.[1];

const open = (link) => {
  trigger("open_source", { link });
  if (window.matchMedia("(max-width: 860px)").matches) element.scrollIntoView({ behavior: "smooth", block: "start" });
};

// The clipboard is closed to pages that are not served over https: then the old way.
const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
};

const say = (link, text) => {
  const before = link.textContent;
  link.textContent = text;
  setTimeout(() => { link.textContent = before; }, 2000);
};

// Asks the reader for something; what is not ours is put in as a value or as text, never as HTML.
const askFor = ({ field, value, hint, send }, done) => {
  const dialog = document.createElement("dialog");
  dialog.className = "gq-dialog";
  dialog.innerHTML =
    `<form method="dialog">${field}<p id="gq-hint"></p>` +
    '<div><button type="button">やめる</button><button value="send" class="gq-send"></button></div></form>';
  dialog.setAttribute("aria-describedby", "gq-hint");
  dialog.setAttribute("aria-label", send);
  dialog.querySelector("p").textContent = hint;
  dialog.querySelector(".gq-send").textContent = send;
  dialog.querySelector("button").addEventListener("click", () => dialog.close()); // Enter sends
  const input = dialog.querySelector("input, textarea");
  if (input) input.value = value;
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "send") done(input && input.value);
    dialog.remove();
    if (before && before.isConnected) before.focus();
  });
  document.querySelector("#gq-main").append(dialog);
  dialog.showModal();
  if (input) input.select();
};

// The right page is most likely the one that is open.
const askForPage = (link) => {
  const page = element.querySelector(".gq-page");
  if (!page) return;
  askFor({
    field: '<label>正しいページ（印刷された番号）<input required maxlength="20" autocomplete="off"></label>',
    value: page.dataset.label,
    hint: "開いている資料のページ番号を入れてください。質問の文も一緒に記録されます。",
    send: "送る",
  }, (label) => trigger("give_feedback", { link, document: page.dataset.document, label }));
};

const askForQuestion = (link, values) => askFor({
  field: '<label>質問を書き直す<textarea required rows="4" maxlength="20000"></textarea></label>',
  value: values.get("text"),
  hint: "この質問とそのあとの会話は、書き直した質問と答えに替わります。",
  send: "尋ねる",
}, (text) => trigger("ask_again", { link, text, confirmed: false }));

const askWhetherToSend = (link, values) => askFor({
  field: "",
  value: "",
  hint: "個人の情報があるような質問を、言語モデルのサーバーに送ります。",
  send: "送る",
}, () => trigger("ask_again", { link, text: values.get("text"), confirmed: true }));

// Opened at the click itself: a window that comes later would be blocked.
const printEvidence = async (link, values) => {
  const sheet = window.open("", "_blank");
  const answer = await fetch("/v1/evidence", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ question: values.get("question"), filters: JSON.parse(values.get("filters")) }),
  });
  if (!sheet || !answer.ok) {
    if (sheet) sheet.close();
    say(link, "開けませんでした");
    return;
  }
  sheet.document.write(await answer.text());
  sheet.document.close();
};

const askForName = (link, values) => askFor({
  field: '<label>会話の名前<input required maxlength="80" autocomplete="off"></label>',
  value: values.get("title"),
  hint: "",
  send: "変える",
}, (text) => trigger("rename_talk", { link, text }));

const askWhetherToForget = (link, values) => askFor({
  field: "",
  value: "",
  hint: `「${values.get("title")}」を削除します。元に戻せません。`,
  send: "削除する",
}, () => trigger("forget_talk", { link }));

const act = (link) => {
  const href = link.getAttribute("href");
  const kind = kindOf(link);
  if (kind === "source") open(href);
  if (kind === "copy") {
    copy(new URLSearchParams(href.slice("#copy?".length)).get("text"));
    say(link, "コピーしました");
  }
  if (kind === "feedback") {
    if (href.endsWith("wrong_page")) askForPage(href);
    else trigger("give_feedback", { link: href, document: "", label: "" });
  }
  const values = new URLSearchParams(href.slice(href.indexOf("?")));
  if (kind === "ask") trigger("ask_next", { text: values.get("text") });
  if (kind === "evidence") printEvidence(link, values);
  if (kind === "again") askForQuestion(href, values);
  if (kind === "confirm") askWhetherToSend(href, values);
  if (kind === "talk") trigger("open_talk", { link: href });
  if (kind === "rename") askForName(href, values);
  if (kind === "forget") askWhetherToForget(href, values);
};

document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a");
  if (!kindOf(link)) return;
  event.preventDefault();
  act(link);
});

// These links act as buttons: the space bar must work too.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !kindOf(event.target)) return;
  event.preventDefault();
  act(event.target);
});

// Enter that ends a Japanese conversion must not send the question.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopPropagation();
}, true);

// Shows which of the links, in the answers and on the cards, is the page that is open.
const markCurrent = () => {
  const page = element.querySelector(".gq-page");
  for (const link of document.querySelectorAll('a[href^="#source?"]')) {
    if (page && link.getAttribute("href") === page.dataset.link) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};

// Answers and cards appear in their own time.
let marking = 0;
new MutationObserver(() => {
  clearTimeout(marking);
  marking = setTimeout(() => {
    markCurrent();
    // Gradio calls its example buttons a list, which a screen reader would then find empty.
    for (const list of document.querySelectorAll('.examples[role="list"]')) list.setAttribute("role", "group");
  }, 60);
}).observe(document.querySelector("#gq-main"), { childList: true, subtree: true });

const showMark = (sheet) => {
  const mark = sheet.querySelector(".gq-box, mark");
  const top = mark ? mark.getBoundingClientRect().top - sheet.getBoundingClientRect().top : 0;
  sheet.scrollTop = mark ? sheet.scrollTop + top - sheet.clientHeight / 3 : 0;
};

// The cards come after the page, and take from its height: the mark stays in view until the reader moves the page.
const resized = new ResizeObserver(([{ target }]) => { if (!target.dataset.moved) showMark(target); });

watch("value", () => {
  const sheet = element.querySelector(".gq-sheet");
  if (!sheet) return;
  for (const kind of ["wheel", "pointerdown", "touchmove", "keydown"])
    sheet.addEventListener(kind, () => { sheet.dataset.moved = "yes"; }, { passive: true });
  showMark(sheet);
  resized.disconnect();
  resized.observe(sheet);
});
