// What the portal adds where scripts run; every page works without it.
"use strict";

// The reader's zone, so that times stand beside the venue's from the next page on.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  if (zone && !document.cookie.includes(`zone=${encodeURIComponent(zone)}`)) {
    const secure = location.protocol === "https:" ? ";secure" : "";
    document.cookie = `zone=${encodeURIComponent(zone)};path=/;max-age=31536000;samesite=lax${secure}`;
  }
})();

// A form is sent once: its key would make a second one harmless, and this spares the wait.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  const large = document.getElementById("too-large");
  if (large) {
    // What is larger than the portal takes need not travel to be refused.
    const typed = new FormData(form);
    const size = form.enctype === "multipart/form-data" ? new Blob([...typed.values()]).size : String(new URLSearchParams(typed)).length;
    large.hidden = size <= large.dataset.most;
    if (!large.hidden) {
      event.preventDefault();
      large.focus();
      return;
    }
  }
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// Seats left, as a host ticks who comes.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-free]");
  const left = form && form.querySelector("[data-left]");
  if (!left) return;
  const count = Number(form.dataset.free) - form.querySelectorAll("[name=delegate]:checked").length;
  left.textContent = String(count);
  left.classList.toggle("over", count < 0);
});

// What comes first on a page that answers a form; browsers that know the attribute are there already.
document.addEventListener("DOMContentLoaded", () => {
  const first = document.querySelector("[autofocus]");
  if (first) first.focus();
});

// What was opened closes by Escape, and the focus is where it was opened.
document.addEventListener("keydown", (event) => {
  const opened = event.key === "Escape" && !event.isComposing && event.target.closest("details[open]");
  if (!opened) return;
  opened.open = false;
  opened.querySelector("summary").focus();
});

// News as they come: the count in the header, and a line above the inbox.
document.addEventListener("DOMContentLoaded", () => {
  const address = document.body.dataset.live;
  const count = document.getElementById("unread");
  if (!address || !count || !window.EventSource) return;
  new EventSource(address).addEventListener("notification", () => {
    count.dataset.unread = String(Number(count.dataset.unread) + 1);
    count.textContent = count.dataset.unread;
    count.hidden = false;
    const more = document.getElementById("more-news");
    if (more) more.hidden = false;
  });
});
