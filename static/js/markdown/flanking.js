/** Emphasis beside Chinese, Japanese and Korean, by the same rules as quart_chat/markdown/flanking.py. */
const CJK =
  /[\u1100-\u11ff\u20a9\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uffee\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}\u{1f202}-\u{1f219}\u{1f21b}-\u{1f22e}\u{1f230}\u{1f231}\u{1f237}\u{1f23b}-\u{1f248}\u{1f260}-\u{1f265}\u{20000}-\u{3fffd}\u{e0100}-\u{e01ef}]/u;
const LAST = /(.?)([\ufe00-\ufe0e])$|.$/su;

export function addFlanking(markdown) {
  const { isMdAsciiPunct, isPunctChar, isWhiteSpace } = markdown.utils;

  function side(char) {
    if (!char) return { space: true };
    const code = char.codePointAt(0);
    return {
      cjk: CJK.test(char),
      punctuation: isMdAsciiPunct(code) || isPunctChar(char),
      space: isWhiteSpace(code),
    };
  }

  function before(text) {
    const [last, char, selector] = LAST.exec(text) ?? [""];
    if (selector === "\ufe01" && /[\u2018\u2019\u201c\u201d]/.test(char)) {
      return { cjk: true, punctuation: true };
    }
    return side(char || selector || last);
  }

  markdown.inline.State.prototype.scanDelims = function (start, canSplitWord) {
    let end = start;
    while (end < this.posMax && this.src[end] === this.src[start]) end += 1;
    const left = before(this.src.slice(Math.max(0, start - 3), start));
    const right = side(end < this.posMax ? String.fromCodePoint(this.src.codePointAt(end)) : "");
    let opens = lets(left, right);
    let closes = lets(right, left);
    if (!canSplitWord && opens && closes) {
      const besideCjk = left.cjk || right.cjk;
      opens = left.punctuation || (right.punctuation && besideCjk);
      closes = right.punctuation || (left.punctuation && besideCjk);
    }
    return { can_open: opens, can_close: closes, length: end - start };
  };
}

/** Whether emphasis may begin between two characters; may end, if they are given the other way round. */
function lets(outer, inner) {
  if (inner.space) return false;
  return !inner.punctuation || inner.cjk || outer.space || outer.punctuation || outer.cjk;
}
