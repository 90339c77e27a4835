import { type CondaPackage, pipVersion } from './conda-spec.ts';

/** What every environment has anyway. No script notices the version of pip itself. */
const ALWAYS_THERE = new Set(['python', 'pip', 'python_abi']);
const THERE_IN_SOME_VERSION = new Set(['setuptools', 'wheel']);

/** Conda packages that have another name on PyPI. */
const PYPI_NAMES: ReadonlyMap<string, string> = new Map([
  ['pytorch', 'torch'],
  ['pytorch-cpu', 'torch'],
  ['pytorch-gpu', 'torch'],
  ['tensorflow-base', 'tensorflow'],
  ['tensorflow-gpu', 'tensorflow'],
  ['tensorflow-mkl', 'tensorflow'],
  ['tensorflow-eigen', 'tensorflow'],
  ['keras-gpu', 'keras'],
  ['py-xgboost', 'xgboost'],
  ['py-xgboost-cpu', 'xgboost'],
  ['py-xgboost-gpu', 'xgboost'],
  ['xgboost-cpu', 'xgboost'],
  ['opencv', 'opencv-python-headless'],
  ['py-opencv', 'opencv-python-headless'],
  ['matplotlib-base', 'matplotlib'],
  ['numpy-base', 'numpy'],
  ['scipy-base', 'scipy'],
  ['dask-core', 'dask'],
  ['pytables', 'tables'],
  ['msgpack-python', 'msgpack'],
  ['python-graphviz', 'graphviz'],
  ['python-confluent-kafka', 'confluent-kafka'],
  ['python-flatbuffers', 'flatbuffers'],
  ['python-levenshtein', 'python-Levenshtein'],
  ['python-lmdb', 'lmdb'],
  ['lz4-python', 'lz4'],
  ['faiss', 'faiss-cpu'],
  ['ta-lib', 'TA-Lib'],
  ['ruamel_yaml', 'ruamel.yaml'],
  ['pysoundfile', 'soundfile'],
  ['geopandas-base', 'geopandas'],
  ['pyqt', 'PyQt5'],
  ['pyspark-base', 'pyspark'],
  ['grpc-python', 'grpcio'],
  ['python-duckdb', 'duckdb'],
]);

const IN_WHEELS = 'packages from PyPI bring the CUDA libraries that they need';
const NATIVE = 'it is not a Python package, and PyPI does not have it';

/** Libraries and programs that only conda has, and why we leave them out. */
const NOT_ON_PYPI: readonly (readonly [RegExp, string])[] = [
  [/^(?:cudatoolkit|cudnn|nccl|pytorch-cuda|pytorch-mutex|cuda(?:-.*)?|lib(?:cu|nv).*)$/, IN_WHEELS],
  [/^cpuonly$/, 'it selects a CPU build of PyTorch, and the build from PyPI runs on the CPU too'],
  [
    /^(?:nomkl|blas|libblas|liblapack|libcblas|openblas|libopenblas|mkl-service|mkl_fft|mkl_random|intel-openmp|llvm-openmp|_openmp_mutex)$/,
    'it selects a numerical library, and wheels from PyPI bring their own',
  ],
  [
    /^(?:_libgcc_mutex|libgcc(?:-ng)?|libgomp|libstdcxx(?:-ng)?|libgfortran.*|gcc(?:_.*)?|gxx(?:_.*)?|gfortran.*|compilers|c-compiler|cxx-compiler|binutils.*|sysroot.*|ld_impl.*|make|libtool|autoconf|pkg-config)$/,
    NATIVE,
  ],
  [
    /^(?:ca-certificates|openssl|bzip2|libffi|libuuid|libnsl|libxcrypt|libzlib|zlib|zstd|xz|tk|ncurses|readline|sqlite|libsqlite|tzdata|expat|libexpat|icu|krb5|libcurl|curl|libssh2|libxml2|libxslt|jpeg|libjpeg.*|libpng|libtiff|libwebp.*|lcms2|freetype|giflib|openjpeg|libdeflate|hdf5|libnetcdf|geos|proj|libgdal.*|gdal|arrow-cpp|libarrow.*|libprotobuf|boost(?:-cpp)?|libboost.*|glib|gettext|libglib|mesalib|libgl.*|xorg-.*|fontconfig|cairo|pango|harfbuzz|unixodbc|msodbcsql.*|libsndfile|sox|ffmpeg|x264|portaudio|poppler|tesseract|graphviz|pandoc|imagemagick|git|git-lfs|wget|unzip|vim|nodejs|openjdk|maven|rust|go|r|r-.*|perl|ruby|postgresql|libpq|redis-server|nginx|openmpi|mpich|ucx|libmagic|libspatialindex|eigen|swig)$/,
    NATIVE,
  ],
];

/** What pip does for a conda package. */
export type PipEquivalent =
  | { readonly kind: 'there' }
  | { readonly kind: 'pip'; readonly requirement: string }
  | { readonly kind: 'none'; readonly why: string };

/** Returns the PyPI package for a conda package; most have the same name. */
export function pipEquivalent({ name, version }: CondaPackage): PipEquivalent {
  if (ALWAYS_THERE.has(name) || (THERE_IN_SOME_VERSION.has(name) && version === '')) return { kind: 'there' };
  const [, why] = NOT_ON_PYPI.find(([pattern]) => pattern.test(name)) ?? [];
  if (why !== undefined) return { kind: 'none', why };
  const wanted = pipVersion(version);
  if (wanted === undefined) return { kind: 'none', why: `pip cannot express the version "${version}"` };
  return { kind: 'pip', requirement: `${PYPI_NAMES.get(name) ?? name}${wanted}` };
}
