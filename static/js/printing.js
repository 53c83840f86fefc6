/** Before a page is printed: paper can't be clicked, so links are followed by their addresses. */
addEventListener("beforeprint", () => {
  for (const link of document.querySelectorAll('.prose a[href^="http"]:not(.citation)')) {
    const { textContent } = link;
    const address = link.getAttribute("href");
    if (![address, address.replace(/^https?:\/\//, "")].includes(textContent)) {
      link.dataset.address = address;
    }
  }
});
