export { isValidToken } from '../../workspace/index.ts';
