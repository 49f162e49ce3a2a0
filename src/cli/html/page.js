"use strict";
/* SPDX-License-Identifier: BSD-3-Clause */
/* All of this is optional: sorting tables, highlighting a kernel everywhere, copying commands, saving documents. */
(function () {
  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }
  function value(row, column) {
    var cell = row.cells[column], text = cell.textContent.replace(/[,\s]/g, "");
    var number = parseFloat(cell.dataset.v || text.replace(/^[^\d.-]+/, ""));
    return isNaN(number) ? text : number;
  }
  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  each("table.so", function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells), body = table.tBodies[0];
    heads.forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      button.onclick = function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        Array.prototype.slice.call(body.rows).map(function (row) { return [value(row, column), row]; })
          .sort(function (a, b) { return (up ? 1 : -1) * compare(a[0], b[0]); })
          .forEach(function (pair) { body.appendChild(pair[1]); });
      };
    });
  });
  var shown;
  document.addEventListener("pointerover", function (event) {
    var near = event.target.closest ? event.target.closest("[data-k]") : null, kernel = near ? near.dataset.k : null;
    if (kernel === shown) return;
    shown = kernel;
    each(".hl", function (other) { other.classList.remove("hl"); });
    if (kernel !== null) each('[data-k="' + Number(kernel) + '"]', function (other) { other.classList.add("hl"); });
  });
  if (navigator.clipboard) each(".cp", function (button) {
    button.hidden = false;
    button.onclick = function () {
      navigator.clipboard.writeText(button.parentNode.querySelector("code").textContent).then(function () {
        button.textContent = "copied";
        setTimeout(function () { button.textContent = "copy"; }, 1500);
      });
    };
  });
  var list = document.getElementById("downloads");
  each("script.doc", function (script) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "cp";
    button.textContent = script.dataset.name;
    button.onclick = function () {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([script.textContent], { type: "application/json" }));
      link.download = script.dataset.name;
      link.click();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
    };
    list.hidden = false;
    list.appendChild(button);
    list.appendChild(document.createTextNode(" "));
  });
})();
