// A module of its own, so that the parser is loaded only where there is a file for it.
export { parse } from 'yaml';
