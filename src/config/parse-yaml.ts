// A separate module, so that the parser is loaded only if there is a file to parse.
export { parse } from 'yaml';
