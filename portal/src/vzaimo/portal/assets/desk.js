// What desks add where scripts run: lines moved without a round trip, people found and counted at the door.
"use strict";

// A delegation's lines: the buttons move them at once, and each has a handle to drag it by finger or mouse.
(() => {
  const table = document.querySelector("table[data-sorted]");
  if (!table) return;
  const body = table.tBodies[0];
  const teller = document.querySelector("[data-told]");
  const number = (text, no) => text.replace(/\d+(?!.*\d)/, String(no));

  const settle = () => [...body.rows].forEach((row, at) => {
    row.cells[0].textContent = String(at + 1);
    row.querySelectorAll("[aria-label]").forEach((one) => one.setAttribute("aria-label", number(one.getAttribute("aria-label"), at + 1)));
    row.querySelectorAll("button[name=step]").forEach((one) => { one.value = number(one.value, at); });
  });
  const tell = (row) => {
    const name = row.querySelector("[name=name]").value;
    teller.textContent = teller.dataset.told.replace("{name}", name).replace("{line}", String(row.sectionRowIndex + 1));
  };

  body.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=step]");
    if (!button) return;
    const row = button.closest("tr");
    const step = button.value.split(":")[0];
    event.preventDefault();
    if (step === "drop") {
      const next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      settle();
      next.querySelector("[name=name]").focus();
      return;
    }
    const other = step === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (other) other[step === "up" ? "before" : "after"](row);
    settle();
    tell(row);
    button.focus();
  });

  [...body.rows].forEach((row) => {
    if (!row.querySelector("button[name=step]")) return; // an empty line goes nowhere
    const handle = document.createElement("span");
    handle.className = "handle";
    handle.title = table.dataset.handle;
    handle.setAttribute("aria-hidden", "true"); // the buttons do the same for the keyboard
    row.cells[row.cells.length - 1].prepend(handle);
  });
  body.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".handle");
    if (!handle || event.button) return;
    const row = handle.closest("tr");
    event.preventDefault();
    body.setPointerCapture(event.pointerId); // not the handle: it moves in the page, and would lose it
    row.classList.add("dragged");
    const follow = (move) => {
      const under = document.elementFromPoint(move.clientX, move.clientY);
      const over = under && under.closest("tr");
      if (!over || over === row || over.parentNode !== body) return;
      const box = over.getBoundingClientRect();
      if (move.clientY < box.top + box.height / 2) over.before(row); else over.after(row);
    };
    const drop = () => {
      body.removeEventListener("pointermove", follow);
      row.classList.remove("dragged");
      settle();
      tell(row);
    };
    body.addEventListener("pointermove", follow);
    body.addEventListener("lostpointercapture", drop, { once: true });
  });
})();

// At the door: how many are ticked, and whom the typed letters name.
(() => {
  const form = document.querySelector("form[data-door]");
  if (!form) return;
  const count = form.querySelector("[data-count]");
  const find = form.querySelector("[data-find]");
  const plain = (text) => text.toLocaleLowerCase().replaceAll("ё", "е");
  const recount = () => { count.textContent = String(form.querySelectorAll("[name=came]:checked").length); };
  form.addEventListener("change", recount);
  recount();
  if (!find) return;
  find.closest(".field").hidden = false;
  find.addEventListener("input", () => {
    const wanted = plain(find.value.trim());
    form.querySelectorAll("[data-person]").forEach((one) => { one.hidden = !plain(one.dataset.person).includes(wanted); });
  });
  find.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
})();
