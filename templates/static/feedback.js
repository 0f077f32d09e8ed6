// Sends the form for a person who is really there. Link scanners open pages and run scripts too,
// so it waits until the page is seen, and either touched, turned to or looked at for a while. That
// while is short in a browser in which a button of ours was pressed before ("hand"). Where the form
// asks for a sign of a person ("sign"), looking is not enough: the mouse must move, or the button be
// pressed.
"use strict";
{
  const form = document.querySelector("form[data-send]");
  const [arrival] = performance.getEntriesByType("navigation");
  // Who came back with the browser's button wants to look, not to say it again.
  const isReturn = arrival && arrival.type === "back_forward";
  let isTouched = false; // as far as the browser vouches for it
  let isMoved = false; // a mouse over the page moves soon
  let isByScript = false;
  for (const kind of ["pointerdown", "keydown", "touchstart", "click"])
    addEventListener(kind, (event) => { isTouched ||= event.isTrusted; }, true);
  const MOVES = ["pointermove", "wheel"];
  for (const kind of MOVES)
    addEventListener(kind, (event) => { isMoved ||= event.isTrusted; }, true);
  for (const each of document.querySelectorAll("form[data-tap]"))
    each.addEventListener("submit", () => {
      each.elements.means.value = isByScript ? "script" : "button";
      each.elements.trusted.value = isTouched || (isByScript && isMoved) ? "yes" : "";
    });
  if (form && !navigator.webdriver && !isReturn) {
    const asked = form.dataset.send;
    const LOOK_MS = asked === "hand" ? 300 : 1500;
    let timer;
    let isSent = false;
    let isTurnedTo = false; // its window or tab came to the front while the page was there
    const wait = document.querySelector("[data-wait]");
    const press = document.querySelector("[data-press]");
    const isWaiting = (is) => {
      wait.hidden = !is;
      if (press) press.hidden = is;
    };
    const send = () => {
      if (isSent || document.visibilityState !== "visible") return;
      isSent = isByScript = true;
      form.requestSubmit();
      isByScript = false;
    };
    const seen = () => {
      if (asked !== "sign" || isMoved) send();
      else isWaiting(false);
    };
    const watch = () => {
      clearTimeout(timer);
      if (document.visibilityState !== "visible") return;
      if (isTurnedTo && asked !== "sign") send();
      else timer = setTimeout(seen, LOOK_MS);
    };
    // A browser without a window has the focus from the start, and never gets it.
    const turned = (event) => {
      isTurnedTo ||= event.isTrusted;
      watch();
    };
    const touched = (event) => {
      // A press on a link or button already says what is meant.
      const isOwn = event.target instanceof Element && event.target.closest("a, button");
      if (event.isTrusted && !isOwn) send();
    };
    for (const kind of ["pointerdown", "keydown", "touchstart", ...MOVES])
      addEventListener(kind, touched);
    form.addEventListener("submit", () => { isSent = true; clearTimeout(timer); });
    document.querySelectorAll("a").forEach((link) =>
      link.addEventListener("click", () => clearTimeout(timer)));
    addEventListener("focus", turned);
    document.addEventListener("visibilitychange", watch);
    isWaiting(true);
    watch();
  }
}
