(function () {
  "use strict";
  var tools = document.querySelector(".tools");
  var cards = Array.prototype.slice.call(document.querySelectorAll(".card"));
  if (!tools || !cards.length) return;
  var search = tools.querySelector("input");
  var output = tools.querySelector("output");
  var buttons = Array.prototype.slice.call(tools.querySelectorAll("button[data-fate]"));
  var texts = cards.map(function (card) { return card.textContent.toLowerCase(); });
  tools.hidden = false;
  document.querySelectorAll(".script").forEach(function (part) { part.hidden = false; });

  function wanted(card) {
    var button = buttons.filter(function (b) { return b.dataset.fate === card.dataset.fate; })[0];
    return !button || button.getAttribute("aria-pressed") === "true";
  }
  function filter() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    cards.forEach(function (card, at) {
      var fits = wanted(card) && words.every(function (word) { return texts[at].indexOf(word) >= 0; });
      card.hidden = !fits;
      if (fits) shown += 1;
      card.querySelectorAll("details.file").forEach(function (file) {
        var text = file.textContent.toLowerCase();
        var inside = words.length && words.every(function (word) { return text.indexOf(word) >= 0; });
        if (inside && fits) file.open = true;
      });
    });
    document.querySelectorAll("section").forEach(function (section) {
      var own = section.querySelectorAll(".card");
      section.hidden = own.length > 0 && !section.querySelector(".card:not([hidden])");
    });
    output.textContent = shown === cards.length ? "" : shown + " of " + cards.length + " shown";
  }
  function all(open) {
    document.querySelectorAll("main details").forEach(function (part) { part.open = open; });
  }
  function step(by) {
    var visible = cards.filter(function (card) { return !card.hidden && card.tagName === "DETAILS"; });
    var at = visible.findIndex(function (card) { return card.contains(document.activeElement); });
    var next = visible[Math.min(visible.length - 1, Math.max(0, at + by))];
    if (next) { next.querySelector("summary").focus(); next.scrollIntoView({ block: "start" }); }
  }
  search.addEventListener("input", filter);
  buttons.forEach(function (button) {
    button.addEventListener("click", function () {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  });
  tools.querySelector("[data-all=open]").addEventListener("click", function () { all(true); });
  tools.querySelector("[data-all=close]").addEventListener("click", function () { all(false); });
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === search) {
      if (event.key === "Escape") { search.value = ""; filter(); search.blur(); }
      return;
    }
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "e") all(true);
    else if (event.key === "c") all(false);
  });
}());
