"use strict";
(() => {
  const table = document.getElementById("questions");
  const rows = [...table.tBodies];
  const byId = (id) => document.getElementById(id);

  const matches = (row) => {
    const rules = row.dataset.rules;
    const rule = byId("rule").value;
    const text = byId("text").value.trim().toLowerCase();
    const words = `${row.dataset.vId} ${row.dataset.vQuestion}`.toLowerCase();
    return (!byId("type").value || row.dataset.type === byId("type").value)
      && (!byId("split").value || row.dataset.split === byId("split").value)
      && (!rule || (rule === "any" ? rules !== "" : rule === "none" ? rules === "" : rules.split(" ").includes(rule)))
      && (!text || words.includes(text));
  };

  const filter = () => {
    let shown = 0;
    for (const row of rows) {
      row.hidden = !matches(row);
      shown += row.hidden ? 0 : 1;
    }
    byId("count").textContent = `${shown} / ${rows.length}件`;
  };

  const value = (row, key) => row.dataset[`v${key[0].toUpperCase()}${key.slice(1)}`];

  const sort = (button) => {
    const key = button.dataset.sort;
    const up = button.dataset.order !== "up";
    for (const other of table.querySelectorAll("[data-sort]")) delete other.dataset.order;
    button.dataset.order = up ? "up" : "down";
    const compare = (a, b) => {
      const [x, y] = [value(a, key), value(b, key)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const order = isNaN(x) || isNaN(y) ? x.localeCompare(y, "ja") : x - y;
      return up ? order : -order;
    };
    table.append(...rows.sort(compare));
  };

  const toggle = (row) => {
    const details = row.nextElementSibling;
    details.hidden = !details.hidden;
    row.setAttribute("aria-expanded", String(!details.hidden));
  };

  table.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sort]");
    const row = event.target.closest(".row");
    if (button) sort(button);
    else if (row && !String(getSelection())) toggle(row);
  });
  table.addEventListener("keydown", (event) => {
    if (event.target.matches(".row") && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      toggle(event.target);
    }
  });
  byId("filters").addEventListener("input", filter);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  filter();
})();
