/**
 * Follow a stream with an EventSource, as pages do: one that has given up is opened once more, from
 * the last id on.
 * @param {typeof EventSource} Source
 * @param {string} url
 * @param {(line: string) => void} write
 */
export function follow(Source, url, write) {
  let last = "";
  const open = () => {
    const source = new Source(last ? `${url}&since=${last}` : url);
    source.onmessage = ({ lastEventId, data }) => {
      last = lastEventId;
      write(`${lastEventId}\t${data}`);
    };
    source.onerror = () => {
      if (source.readyState === Source.CLOSED) setTimeout(open, 100);
    };
  };
  open();
}
