// Links of the form #source?… open a page in this panel, wherever on the page they stand.
const isOurs = (link) => link && (link.getAttribute("href") || "").startsWith("#source?");

const open = (link) => {
  trigger("open_source", { link: link.getAttribute("href") });
  if (window.matchMedia("(max-width: 860px)").matches) element.scrollIntoView({ behavior: "smooth", block: "start" });
};

document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a");
  if (!isOurs(link)) return;
  event.preventDefault();
  open(link);
});

// These links act as buttons: the space bar must work too.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !isOurs(event.target)) return;
  event.preventDefault();
  open(event.target);
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

watch("value", () => {
  setTimeout(markCurrent, 150);
  const sheet = element.querySelector(".gq-sheet");
  if (!sheet) return;
  const mark = sheet.querySelector("mark");
  sheet.scrollTop = mark ? mark.offsetTop - sheet.offsetTop - sheet.clientHeight / 3 : 0;
});
