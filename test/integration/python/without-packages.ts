/** The head of a script in whose Python the named packages are missing, though they are installed. */
export const withoutPackages = (...names: string[]): string => `
import sys
real = next(finder for finder in sys.meta_path if getattr(finder, "__name__", "") == "PathFinder")
class WithoutSome:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ${JSON.stringify(names)} and not any("stand-ins" in one or "sdk" in one for one in path or ()):
            return None
        return real.find_spec(name, path, target)
    @staticmethod
    def invalidate_caches():
        real.invalidate_caches()
sys.meta_path[sys.meta_path.index(real)] = WithoutSome
`;
