// Fills in the time zone the browser lives in, where nobody has chosen one yet, and shows beside
// the form what today would have brought, while it is being filled in.
"use strict";
{
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && /^[A-Za-z_]+(\/[\w+-]+)+$/.test(zone) && !zone.startsWith("Etc/")) {
    for (const field of document.querySelectorAll("input[data-guess]")) {
      if (field.value === "UTC") field.value = zone;
    }
  }
}
{
  const PAUSE_MS = 450;
  // Nothing of these decides which papers come; the file is sent once, when it is chosen.
  const UNASKED = ["email", "seal", "comment", "file", "zone", "hour", "rhythm", "days", "language"];
  const form = document.querySelector("form[data-preview]");
  const place = form && form.querySelector("[data-outlook]");
  if (place) {
    const told = form.querySelector("[data-told]");
    const file = form.querySelector("input[type=file]");
    let timer;
    let asking;
    let found = [];
    const look = async (withFile) => {
      clearTimeout(timer);
      if (asking) asking.abort();
      const mine = asking = new AbortController();
      const typed = new FormData(form);
      for (const name of UNASKED) typed.delete(name);
      if (withFile && file.files.length) typed.append("file", file.files[0]);
      else for (const id of found) typed.append("picked", id);
      try {
        const answer = await fetch(form.dataset.preview, {
          method: "POST",
          body: withFile ? typed : new URLSearchParams(typed),
          headers: { "X-Part": "outlook" },
          signal: mine.signal,
        });
        if (!answer.ok) return;
        place.innerHTML = await answer.text();
      } catch {
        return; // left for a newer question, or no connection: what is shown stays
      }
      const report = place.querySelector("[data-found]");
      if (withFile) found = report && report.dataset.found ? report.dataset.found.split(",") : [];
      // Said once, in one sentence: the whole list would be read out with every pause.
      const tally = place.querySelector("[data-tally]");
      told.textContent = tally ? tally.textContent.trim() : "";
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(look, PAUSE_MS, false);
    };
    form.addEventListener("input", (event) => {
      if (event.target !== file && !UNASKED.includes(event.target.name)) soon();
    });
    file.addEventListener("change", () => look(true));
    form.querySelector("[data-look]").addEventListener("click", (event) => {
      event.preventDefault();
      look(false);
    });
  }
}
