"use strict";

const problem = document.getElementById("problem");
const done = document.getElementById("done");
const buttons = document.querySelectorAll("button[data-approve]");
const opener = window.parent !== window ? window.parent : window.opener;

/* Only a page of this very site is gone back to. */
function ours(url) {
  if (!url) return null;
  const target = new URL(url, location.href);
  return target.origin === location.origin ? target.href : null;
}

async function answer(approve) {
  for (const button of buttons) button.disabled = true;
  problem.textContent = "";
  try {
    const response = await fetch(location.pathname, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ approve }),
    });
    const body = await response.json();
    if (!response.ok) throw new Error(body.detail);
    done.textContent = approve ? "Approved. You can go back." : "Refused. You can go back.";
    if (opener) {
      opener.postMessage({ type: "matinee.challenge", approved: approve }, location.origin);
      if (opener === window.opener) window.close();
      return;
    }
    const back = ours(new URLSearchParams(location.search).get("return") || body.return_url);
    if (back) location.assign(back);
  } catch (error) {
    for (const button of buttons) button.disabled = false;
    problem.textContent = error.message || "The bank cannot be reached; try again.";
  }
}

for (const button of buttons) button.addEventListener("click", () => answer(button.dataset.approve === "true"));
