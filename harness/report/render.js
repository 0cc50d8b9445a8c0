// Typesets $...$ and $$...$$ in the elements of class "tex". Without this script, or where a formula is
// broken, its source stays. textContent and KaTeX's own nodes only: text never becomes markup.
"use strict";
(() => {
  const formula = /(\$\$[^$]+\$\$|\$(?:\\.|[^$\\])+\$)/;

  const typeset = (source) => {
    const display = source.startsWith("$$");
    const width = display ? 2 : 1;
    const node = document.createElement("span");
    try {
      katex.render(source.slice(width, -width), node, {
        displayMode: display,
        throwOnError: true,
        trust: false,
        strict: "ignore",
        maxSize: 20,
        maxExpand: 500,
      });
    } catch (error) {
      node.textContent = source;
      node.className = "broken";
      node.title = error.message;
    }
    return node;
  };

  for (const element of document.querySelectorAll(".tex")) {
    const pieces = element.textContent.split(formula);
    if (pieces.length > 1) {
      element.replaceChildren(...pieces.map((piece, k) => (k % 2 ? typeset(piece) : piece)));
    }
  }

  // A button for each text that is there to be sent. Where the clipboard is shut, the text is selected instead.
  for (const text of document.querySelectorAll("pre.copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected, to be copied";
      }
    });
    text.before(button);
  }
})();
