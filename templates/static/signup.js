// Fills in the time zone the browser lives in, where nobody has chosen one yet.
"use strict";
{
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && /^[A-Za-z_]+(\/[\w+-]+)+$/.test(zone) && !zone.startsWith("Etc/")) {
    for (const field of document.querySelectorAll("input[data-guess]")) {
      if (field.value === "UTC") field.value = zone;
    }
  }
}
