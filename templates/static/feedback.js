// Sends the form for a person who is really there. Link scanners open pages and run scripts too,
// so it waits until the page is seen, and either touched or looked at for a while.
"use strict";
{
  const form = document.querySelector("form[data-send]");
  const [arrival] = performance.getEntriesByType("navigation");
  // Who came back with the browser's button wants to look, not to say it again.
  const isReturn = arrival && arrival.type === "back_forward";
  let isTouched = false; // as far as the browser vouches for it
  let isByScript = false;
  for (const kind of ["pointerdown", "keydown", "touchstart", "click"])
    addEventListener(kind, (event) => { isTouched ||= event.isTrusted; }, true);
  for (const each of document.querySelectorAll("form[data-tap]"))
    each.addEventListener("submit", () => {
      each.elements.means.value = isByScript ? "script" : "button";
      each.elements.trusted.value = isTouched ? "yes" : "";
    });
  if (form && !navigator.webdriver && !isReturn) {
    const LOOK_MS = 1500;
    let timer;
    let isSent = false;
    const send = () => {
      if (isSent || document.visibilityState !== "visible") return;
      isSent = isByScript = true;
      form.requestSubmit();
      isByScript = false;
    };
    const watch = () => {
      clearTimeout(timer);
      if (document.visibilityState === "visible") timer = setTimeout(send, LOOK_MS);
    };
    const touched = (event) => {
      // A press on a link or button already says what is meant.
      const isOwn = event.target instanceof Element && event.target.closest("a, button");
      if (event.isTrusted && !isOwn) send();
    };
    for (const kind of ["pointerdown", "keydown", "touchstart"]) addEventListener(kind, touched);
    form.addEventListener("submit", () => { isSent = true; clearTimeout(timer); });
    document.querySelectorAll("a").forEach((link) =>
      link.addEventListener("click", () => clearTimeout(timer)));
    document.addEventListener("visibilitychange", watch);
    document.querySelector("[data-wait]").hidden = false;
    watch();
  }
}
