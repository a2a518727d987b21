"use strict";

const form = document.getElementById("card");
const problem = document.getElementById("problem");
const opener = window.parent !== window ? window.parent : window.opener;

/* A click on a test card types it in. */
function typed(number) {
  form.number.value = number.replace(/(\d{4})(?=\d)/g, "$1 ");
  form.expiry.value = "12/34";
  form.cvc.value = "123";
  form.querySelector("button[type=submit]").focus();
}

async function listTestCards() {
  const answer = await fetch("/api/payments/simulated/cards");
  const { cards } = await answer.json();
  for (const { number, meaning } of cards) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "test";
    button.dataset.number = number;
    const digits = document.createElement("b");
    digits.textContent = number.replace(/(\d{4})(?=\d)/g, "$1 ");
    button.append(digits, ` ${meaning}`);
    button.addEventListener("click", () => typed(number));
    const entry = document.createElement("li");
    entry.append(button);
    document.getElementById("cards").append(entry);
  }
}

listTestCards().catch(() => {
  problem.textContent = "The list of test cards cannot be shown now.";
});

function card() {
  const [month, year] = form.expiry.value.split("/").map((part) => Number.parseInt(part, 10));
  return {
    number: form.number.value.replace(/\D/g, ""),
    exp_month: month,
    exp_year: year < 100 ? 2000 + year : year,
    cvc: form.cvc.value.trim(),
  };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  const submit = form.querySelector("button[type=submit]");
  submit.disabled = true;
  try {
    const answer = await fetch("/api/payments/simulated/tokens", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(card()),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail);
    if (!opener) throw new Error(`The card is ready: ${body.payment_method}. Open this page from the sign-up to use it.`);
    opener.postMessage({ type: "matinee.payment_method", ...body }, location.origin);
    if (window.opener && opener === window.opener) window.close();
  } catch (error) {
    problem.textContent = error.message || "The provider cannot be reached; try again.";
  } finally {
    submit.disabled = false;
  }
});
