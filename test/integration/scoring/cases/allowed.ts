/** A difference from the real server that is meant, and what is answered instead. */
export interface Allowance {
  readonly reason: string;
  /** Our status line; `none` where we answer nothing. */
  readonly ours: string;
  /** The real server waits for more bytes. */
  readonly realIsSilent?: true;
}

/** Header fields that are never compared, with the reason. */
export const OWN_FIELDS: ReadonlyMap<string, string> = new Map([
  ['server', 'says who serves'],
  ['date', 'is the time of the answer'],
  ['connection', 'a connection is kept where the caller allows it; the real server ends each'],
  ['keep-alive', 'as Connection'],
  ['x-triton-local-generation', 'is ours alone'],
]);

const OK = '200 OK';
const BAD_REQUEST = '400 Bad Request';
const PARSER = "Node's parser refuses it before we see it";

/** Every difference that a case may have. The list in `docs/scoring.md` says the same in fewer words. */
export const ALLOWED = {
  shortPage: {
    reason: `${PARSER}: the same status, and a page that does not repeat what was wrong`,
    ours: BAD_REQUEST,
  },
  parserRefuses: { reason: `${PARSER}; the real server goes on`, ours: BAD_REQUEST },
  parserAccepts: { reason: "Node's parser reads past it, and nothing depends on it", ours: OK },
  noTunnel: {
    reason: 'CONNECT asks for a tunnel, and Node ends the connection of whoever does',
    ours: 'none',
  },
  cutOff: {
    reason: 'a caller who stops within a body has left; the real server scores what came',
    ours: 'none',
  },
  doesNotWait: {
    reason: 'what cannot become a request is refused; the real server keeps a worker waiting for the rest',
    ours: BAD_REQUEST,
    realIsSilent: true,
  },
  brokenChunk: {
    reason: 'what cannot become a body is refused; the real server keeps a worker waiting for the rest',
    ours: '500 INTERNAL SERVER ERROR',
    realIsSilent: true,
  },
  explanations: {
    reason: 'the explanations in a generated description are our own words, so its length differs',
    ours: OK,
  },
  emptyPath: { reason: 'an absolute target without a path is /, and not a redirect to it', ours: OK },
  trueLength: {
    reason: 'one length is sent, that of the whole body; the real server sends both and cuts',
    ours: OK,
  },
  ownReason: { reason: 'reason phrases are those of the status', ours: "418 I'M A TEAPOT" },
  idPlace: { reason: 'ids that the script sets too stand where the server puts them', ours: OK },
  hopByHop: { reason: 'fields of the connection are not taken from a script', ours: OK },
  serversGlobals: { reason: "flask.g holds the script's own values alone", ours: OK },
  newerProtocol: { reason: 'the script sees every request as HTTP/1.1', ours: OK },
} as const satisfies Record<string, Allowance>;
