// Lights the words of a value, and the value of words; a few keys. Everything can be read without it.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const rows = all("[data-row]");
  const words = all("[data-p]");
  if (!rows.length) {
    keysOf({});
    return;
  }

  const within = (pointer, whole) => pointer === whole || pointer.startsWith(whole + "/");
  const pointersOf = (node) => node.dataset.p.split(" ");
  const wordsOf = (whole) => words.filter((node) => pointersOf(node).some((pointer) => within(pointer, whole)));
  const rowOf = (pointer) =>
    rows.find((row) => row.dataset.row === pointer) || rows.find((row) => within(pointer, row.dataset.row));
  const beside = matchMedia("(min-width: 60rem)");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  function show(node, block) {
    if (node) node.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
  }

  function mark(name, nodes) {
    all("." + name).forEach((node) => node.classList.remove(name));
    nodes.forEach((node) => node && node.classList.add(name));
  }

  // What the address names is lit: a value (#/decisions/0/outcome) or its row (#row:/decisions/0/outcome).
  function follow() {
    let name;
    try {
      name = decodeURIComponent(location.hash.slice(1));
    } catch {
      return; // an address that was cut
    }
    const pointer = name.replace(/^row:/, "");
    if (!pointer.startsWith("/")) return;
    const row = rowOf(pointer);
    const lit = row ? wordsOf(row.dataset.row) : [];
    mark("lit", lit);
    mark("current", [row]);
    if (name === pointer) show(lit[0], "center"); // whoever clicked words stays at them
    if (name !== pointer || beside.matches) show(row, "nearest"); // one below the other, only one can be looked at
  }

  function go(row) {
    if (!row) return;
    const link = row.querySelector(".go");
    location.hash = link ? link.getAttribute("href") : "#row:" + row.dataset.row;
    if (link) link.focus({ preventScroll: true });
    follow(); // now, and not when the browser comes to it: the next key may be quicker
  }

  function step(by, wanted) {
    const chosen = rows.filter(wanted);
    const at = rows.findIndex((row) => row.classList.contains("current"));
    const places = chosen.map((row) => rows.indexOf(row));
    const next = by > 0 ? places.findIndex((place) => place > at) : places.findLastIndex((place) => place < at);
    go(chosen[next]);
  }

  function hint(event, on) {
    const node = event.target.closest("[data-p], [data-row]");
    if (!node || !on) return mark("hint", []);
    if (node.dataset.row) return mark("hint", wordsOf(node.dataset.row));
    return mark("hint", pointersOf(node).map(rowOf));
  }

  addEventListener("hashchange", follow);
  document.addEventListener("mouseover", (event) => hint(event, true));
  document.addEventListener("mouseout", (event) => hint(event, false));
  all("[data-keep]").forEach((link) =>
    link.addEventListener("click", () => {
      link.hash = location.hash;
    })
  );
  keysOf({
    j: () => step(1, () => true),
    k: () => step(-1, () => true),
    f: () => step(1, (row) => row.querySelector(".flag")),
    v: () => (document.querySelector("nav [data-keep]") || { click() {} }).click(),
    "?": () => {
      const keys = document.getElementById("keys");
      keys.open = !keys.open;
      if (keys.open) keys.querySelector("summary").focus();
    },
  });
  follow();

  function keysOf(actions) {
    const box = document.getElementById("keys-on");
    const stored = (value) => {
      try {
        if (value !== undefined) localStorage.setItem("keys", value);
        return localStorage.getItem("keys");
      } catch {
        return null; // a page that was saved may keep nothing
      }
    };
    if (box) {
      box.checked = stored() !== "off";
      box.addEventListener("change", () => stored(box.checked ? "on" : "off"));
    }
    const find = document.getElementById("q");
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, select, textarea")) {
        if (event.key === "Escape") event.target.blur();
        return;
      }
      if (stored() === "off") return;
      const action = event.key === "/" && find ? () => find.select() : actions[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    });
  }
})();
