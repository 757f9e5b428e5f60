// A session that has ended is said where one can sign in again, not by a page that no longer answers.
if (!window.gqFetch) {
  window.gqFetch = window.fetch;
  window.fetch = async (...request) => {
    const answer = await window.gqFetch(...request);
    if (answer.status === 401) window.location.assign("/signin?next=/");
    return answer;
  };
}

// Links of the form #source?…, #copy?… and #feedback?… act here, wherever on the page they stand.
const kindOf = (link) => ((link && link.getAttribute && link.getAttribute("href")) || "").match(/^#(source|copy|feedback)\?/)?.[1];

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

// The right page is most likely the one that is open.
const askForPage = (link) => {
  const page = element.querySelector(".gq-page");
  if (!page) return;
  const dialog = document.createElement("dialog");
  dialog.className = "gq-dialog";
  dialog.innerHTML =
    '<form method="dialog"><label>正しいページ（印刷された番号）<input name="label" required maxlength="20" autocomplete="off"></label>' +
    '<p>開いている資料のページ番号を入れてください。質問の文も一緒に記録されます。</p>' +
    '<div><button value="cancel" formnovalidate>やめる</button><button value="send" class="gq-send">送る</button></div></form>';
  const input = dialog.querySelector("input");
  input.value = page.dataset.label;
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "send") trigger("give_feedback", { link, document: page.dataset.document, label: input.value });
    dialog.remove();
  });
  document.querySelector("#gq-main").append(dialog);
  dialog.showModal();
  input.select();
};

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

watch("value", () => {
  const sheet = element.querySelector(".gq-sheet");
  if (!sheet) return;
  const mark = sheet.querySelector(".gq-box, mark");
  const top = mark ? mark.getBoundingClientRect().top - sheet.getBoundingClientRect().top : 0;
  sheet.scrollTop = mark ? top - sheet.clientHeight / 3 : 0;
});
