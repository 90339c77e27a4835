/** Where the packages of the Python in use come from. */
export type PackageOrigin =
  /** A Python that the user named. */
  | { readonly kind: 'given'; readonly interpreter: string }
  /** The user's requirements or conda file. */
  | { readonly kind: 'file'; readonly file: string }
  /** No file was found or named, so `packages` were installed. */
  | { readonly kind: 'default'; readonly packages: readonly string[] };

/** PyPI packages whose modules have another name. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  sklearn: 'scikit-learn',
  skimage: 'scikit-image',
  cv2: 'opencv-python-headless',
  PIL: 'Pillow',
  yaml: 'PyYAML',
  bs4: 'beautifulsoup4',
  dateutil: 'python-dateutil',
  dotenv: 'python-dotenv',
  faiss: 'faiss-cpu',
  fitz: 'PyMuPDF',
  google: 'protobuf',
  jwt: 'PyJWT',
  pkg_resources: 'setuptools',
  serial: 'pyserial',
  tritonclient: 'tritonclient[http]',
  tritonhttpclient: 'tritonclient[http]',
  usb: 'pyusb',
};

/** Says how to get a module that is not installed. */
export function missingPackageHint(module: string, origin: PackageOrigin | undefined): string {
  const [top = module] = module.split('.');
  const known = PACKAGE_OF[top];
  const name = known ?? `the package that provides ${module}`;
  switch (origin?.kind) {
    case undefined:
      return `add ${name} to the requirements or conda file, or to the Python in use`;
    case 'given':
      return `install ${name} into the Python in use (${origin.interpreter})`;
    case 'file':
      return `add ${name} to ${origin.file}`;
    case 'default': {
      const installed = origin.packages.join(', ');
      return `no requirements.txt or conda file was found, so only ${installed} are installed: list ${known ?? `the script's packages, including the one that provides ${module},`} in a requirements.txt, or name a file with --requirements or --conda`;
    }
  }
}
