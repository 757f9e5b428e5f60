// What is not ours (titles, names of files, reasons) is put in as text, never as HTML.
"use strict";

const find = (id) => document.getElementById(id);
const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
};
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const time = (text) => new Date(text).toLocaleString("ja-JP", { year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
const count = (number) => number.toLocaleString("ja-JP");
const megabytes = (bytes) => (bytes < 1e5 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);

const alarm = (text) => {
  find("alert").hidden = !text;
  find("alert").textContent = text || "";
  if (text) find("alert").scrollIntoView({ block: "nearest" });
};
const say = (text) => { find("status").textContent = text; };

// The API's answer, or an error that says in its own words what is wrong.
const NO_ANSWER = "サーバーから返事がありません。動いているか確かめて、もう一度お試しください。";
const told = (status, text) => {
  if (status === 401) window.location.assign("/signin?next=/documents");
  try { return JSON.parse(text).detail || NO_ANSWER; } catch {
    return status === 413 ? "ファイルが大きすぎます（途中のプロキシの上限です。管理者に確かめてください）。" : NO_ANSWER;
  }
};
const ask = async (method, path) => {
  for (;;) {
    let answer;
    try { answer = await fetch(path, { method, headers: { Accept: "application/json" } }); } catch { throw new Error(NO_ANSWER); }
    if (answer.status === 429 && method === "GET") {
      await pause(1000 * (Number(answer.headers.get("Retry-After")) || 5));
    } else if (answer.ok) return answer.json();
    else throw new Error(told(answer.status, await answer.text()));
  }
};
const attempt = async (work) => {
  alarm("");
  try { return await work(); } catch (error) { alarm(error.message); return null; }
};

// Jobs

const STAGES = { starting: "準備しています", blocked: "ほかの取り込みが終わるのを待っています", reading: "読み取っています", embedding: "埋め込んでいます", writing: "索引を書き込んでいます", verifying: "検査しています" };
const STATES = { waiting: "順番を待っています", done: "終わりました", failed: "できませんでした", cancelled: "取りやめました" };
const PAGES = { indexed: "索引", suspicious: "要確認", empty: "空", excluded: "除外" };
const isOver = (job) => job.state !== "waiting" && job.state !== "running";
let unfinished = new Set();
let shownJobs = 5;
let isWatching = false;

const stepOf = (job) => {
  const { stage, detail, done, total } = job.progress;
  if (job.state === "waiting") return STATES.waiting;
  const of = total ? `（${count(done)} / ${count(total)}）` : "";
  return `${STAGES[stage]}${of}${detail ? ` ${detail}` : ""}`;
};

const running = (job) => {
  const { stage, done, total } = job.progress;
  const bar = make("progress", { "aria-label": `${job.label}: 進み具合` });
  if (job.state === "running" && total && stage === "embedding") { bar.max = total; bar.value = done; }
  const stop = make("button", { type: "button", "data-act": `stop-${job.id}`, onclick: () => attempt(async () => { await ask("DELETE", `/v1/jobs/${job.id}`); await refresh(); }) }, "取りやめる");
  if (stage === "writing") stop.disabled = true;
  return [make("div", { class: "step" }, make("span", {}, stepOf(job)), stop), bar];
};

const tally = (item) => {
  const counts = Object.entries(PAGES).filter(([state]) => item.counts[state]).map(([state, label]) => `${label} ${count(item.counts[state])}`);
  const changed = Object.entries({ changed: "変更", added: "追加", removed: "削除", same: "同じ" }).filter(([kind]) => item.differences[kind]).map(([kind, label]) => `${label} ${item.differences[kind]}`);
  return make("li", {}, `${item.change}: 『${item.title}』 ${count(item.pages)}ページ = ${counts.join(" + ")}${changed.length ? `（前の版との違い: ${changed.join("、")}）` : ""}`);
};

const finished = (job) => {
  const { documents, failures, notices, faults } = job.result;
  const bad = job.state === "failed" || faults.length ? "bad" : "";
  const lines = [
    ...documents.map(tally),
    ...failures.map((text) => make("li", { class: "bad" }, text)),
    ...faults.map((text) => make("li", { class: "bad" }, text)),
    ...notices.map((text) => make("li", {}, text)),
  ];
  return [make("p", { class: bad }, job.message), lines.length ? make("ul", {}, ...lines) : null];
};

const drawJob = (job) => make("li", { class: `${job.state}${job.result.failures.length || job.result.faults.length ? " faulty" : ""}`, "data-job": job.id },
  make("div", { class: "what" },
    make("span", {}, make("b", {}, job.label), ` ${job.subjects.join("、")}`),
    make("span", { class: "when" }, `${time(job.created_at)} ${job.who.replace(/^(user|proxy|key):/, "").replace(/^anyone$/, "この計算機から")}`)),
  ...(isOver(job) ? finished(job) : running(job)));

const drawJobs = (jobs) => {
  const focused = document.activeElement && document.activeElement.getAttribute("data-act");
  const list = find("jobs");
  list.replaceChildren(...jobs.map(drawJob));
  if (!jobs.length) list.append(make("li", {}, make("p", { class: "hint" }, "まだありません。加えた文書の進み具合と結果が、ここに並びます。")));
  const again = focused && list.querySelector(`[data-act="${CSS.escape(focused)}"]`);
  if (again) again.focus();
};

const refresh = async () => {
  const { jobs } = await ask("GET", `/v1/jobs?limit=${shownJobs + 1}`);
  drawJobs(jobs.slice(0, shownJobs));
  find("more").hidden = jobs.length <= shownJobs;
  const ended = jobs.filter((job) => isOver(job) && unfinished.has(job.id));
  const going = jobs.filter((job) => !isOver(job));
  for (const job of ended) say(`${job.label}: ${STATES[job.state]}。${job.message}`);
  for (const job of going) if (!unfinished.has(job.id)) say(`${job.label}を始めました。`);
  unfinished = new Set(going.map((job) => job.id));
  if (ended.length) await list();
  if (unfinished.size) watch();
};

const watch = async () => {
  if (isWatching) return;
  isWatching = true;
  let isLost = false;
  while (unfinished.size) {
    await pause(document.hidden || isLost ? 5000 : 1500);
    try {
      await refresh();
      if (isLost) alarm("");
      isLost = false;
    } catch (error) { // the server may be starting again; the job is there when it is back
      isLost = true;
      alarm(error.message);
    }
  }
  isWatching = false;
};

// The list of documents

const stateBadges = (item) => {
  const counts = { indexed: item.indexed_pages - item.suspicious_pages, suspicious: item.suspicious_pages, empty: item.empty_pages, excluded: item.excluded_pages };
  const looks = { indexed: "plain", suspicious: "look", empty: "digest", excluded: "digest" };
  return make("span", { class: "states" }, ...Object.entries(counts).filter(([, number]) => number).map(([state, number]) => make("span", { class: `badge ${looks[state]}` }, `${PAGES[state]} ${count(number)}`)));
};

const about = (item, titles) => [
  item.edition, item.date, item.publisher, item.licence && `利用条件: ${item.licence}`,
  item.supersedes && `旧版: ${titles.get(item.supersedes) || item.supersedes}`,
  item.superseded_by && `新しい版: ${titles.get(item.superseded_by) || item.superseded_by}`,
].filter(Boolean).join("　");

const COLLECTIONS = { guidebook: "手引き", own: "庁内の文書" };
const drawDocument = (item, titles) => {
  const kind = `${item.kind === "digest" ? "要約" : "原文"}${item.superseded_by ? "・旧版" : ""}`;
  const details = about(item, titles);
  return make("tr", { "data-document": item.id },
    make("th", { scope: "row" },
      make("span", { class: `badge ${item.kind}` }, kind), make("span", { class: "name" }, item.title),
      make("span", { class: "more" }, `ID ${item.id}${item.work && item.work !== item.id ? `　著作 ${item.work}` : ""}${item.file ? `　${item.file}` : ""}`),
      details ? make("span", { class: "more" }, details) : null),
    make("td", { "data-name": "分類" }, COLLECTIONS[item.collection] || item.collection),
    make("td", { class: "number", "data-name": "ページ" }, count(item.pages)),
    make("td", { "data-name": "ページの内訳" }, stateBadges(item)),
    make("td", { class: "number", "data-name": "まとまり" }, count(item.passages)),
    make("td", { "data-name": "取り込み" }, item.added_at ? time(item.added_at) : "同梱"),
    make("td", { class: "acts" },
      make("button", { type: "button", "aria-label": `『${item.title}』の台帳`, onclick: () => attempt(() => openLedger(item)) }, "台帳"),
      item.removal.length ? make("button", { type: "button", "aria-label": `『${item.title}』を外す`, onclick: () => remove(item) }, "外す") : null));
};

const list = async () => {
  const ledger = await ask("GET", "/v1/ledger");
  find("limit").textContent = `合わせて${count(ledger.upload_mb)}MB`;
  const items = ledger.documents;
  const titles = new Map(items.map((item) => [item.id, `『${item.title}』`]));
  const sum = (key) => items.reduce((total, item) => total + item[key], 0);
  const heads = ["文書", "分類", "ページ", "ページの内訳", "まとまり", "取り込み", "操作"];
  const numeric = new Set(["ページ", "まとまり"]);
  find("documents").replaceChildren(make("table", {},
    make("caption", { class: "spoken" }, "索引にある文書"),
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col", class: numeric.has(head) ? "number" : head === "操作" ? "acts" : null }, head)))),
    make("tbody", {}, ...items.map((item) => drawDocument(item, titles)))));
  find("totals").textContent = `${count(items.length)}件、${count(sum("pages"))}ページ = 索引 ${count(sum("indexed_pages") - sum("suspicious_pages"))} + 要確認 ${count(sum("suspicious_pages"))} + 空 ${count(sum("empty_pages"))} + 除外 ${count(sum("excluded_pages"))}`;
  const chosen = find("supersedes").value;
  find("supersedes").replaceChildren(make("option", { value: "" }, "なし"), ...items.map((item) => make("option", { value: item.id }, `${item.title}（${item.id}）`)));
  find("supersedes").value = titles.has(chosen) ? chosen : "";
  find("collections").replaceChildren(...[...new Set(items.map((item) => item.collection))].map((name) => make("option", { value: name })));
};

const remove = (item) => {
  const dialog = find("confirm");
  find("confirm-title").textContent = `『${item.title}』を外しますか？`;
  find("confirm-said").replaceChildren(...item.removal.map((text) => make("li", {}, text)));
  dialog.returnValue = "no";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    attempt(async () => { await ask("DELETE", `/v1/documents/${encodeURIComponent(item.id)}`); await refresh(); });
  };
  dialog.showModal();
};

const openLedger = async (item) => {
  const ledger = await ask("GET", `/v1/ledger/${encodeURIComponent(item.id)}`);
  const pages = ledger.page_states;
  find("ledger-title").textContent = `台帳: 『${ledger.title}』`;
  const counts = Object.entries(PAGES).map(([state, label]) => `${label} ${count(pages.filter((page) => page.state === state).length)}`);
  find("ledger-totals").textContent = `${count(ledger.pages)}ページ = ${counts.join(" + ")}`;
  const draw = () => {
    const all = find("ledger-all").checked;
    const shown = all ? pages : pages.filter((page) => page.state !== "indexed");
    if (!shown.length) { find("ledger-pages").replaceChildren(make("p", { class: "hint" }, "確かめた方がよいページはありません。すべて索引に入っています。")); return; }
    find("ledger-pages").replaceChildren(make("table", {},
      make("thead", {}, make("tr", {}, ...["枚目", "ページ", "状態", "理由"].map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...shown.map((page) => make("tr", {}, make("td", { class: "number" }, count(page.index)), make("td", {}, page.label), make("td", {}, make("span", { class: `badge ${page.state === "indexed" ? "plain" : page.state === "suspicious" ? "look" : "digest"}` }, PAGES[page.state])), make("td", {}, page.reason || "—"))))));
  };
  find("ledger-all").checked = false;
  find("ledger-all").onchange = draw;
  draw();
  find("ledger").showModal();
};

// Adding

const drawChosen = () => {
  const files = [...find("files").files];
  find("chosen").replaceChildren(...files.map((file) => make("li", {}, make("span", {}, file.name), make("small", {}, megabytes(file.size)))));
};

const send = (form) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();  // fetch does not tell how much has been sent
  request.open("POST", "/v1/documents");
  request.upload.onprogress = (event) => { if (event.lengthComputable) find("sent").value = event.loaded / event.total; };
  request.onload = () => (request.status === 202 ? resolve(JSON.parse(request.responseText)) : reject(new Error(told(request.status, request.responseText))));
  request.onerror = () => reject(new Error(NO_ANSWER));
  request.send(form);
});

const upload = async () => {
  const form = new FormData();
  for (const file of find("files").files) form.append("files", file, file.name);
  for (const name of ["title", "collection", "date", "edition", "publisher", "licence", "supersedes"]) {
    if (find(name).value.trim()) form.append(name, find(name).value.trim());
  }
  if (find("replace").checked) form.append("replace", "true");
  find("sent").value = 0;
  find("sending").hidden = false;
  find("send").disabled = true;
  try {
    await send(form);
    find("upload").reset();
    drawChosen();
    await refresh();
  } finally {
    find("sending").hidden = true;
    find("send").disabled = false;
  }
};

find("upload").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!find("files").files.length) { alarm("加えるファイルを選んでください。"); find("files").focus(); return; }
  attempt(upload);
});
find("files").addEventListener("change", drawChosen);
for (const [kind, isOver_] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
  find("drop").addEventListener(kind, () => find("drop").classList.toggle("over", isOver_));
}
find("verify").addEventListener("click", () => attempt(async () => { await ask("POST", "/v1/index/verify"); await refresh(); }));
find("more").addEventListener("click", () => attempt(async () => { shownJobs = 99; await refresh(); find("jobs").focus(); }));
attempt(async () => { await refresh(); await list(); });
