import { byId, el, setText } from '../dom.ts';
import {
  type InputTensor,
  imageInput,
  imageLayout,
  inferBody,
  SCALINGS,
  type Scaling,
  sampleInput,
  type TensorMetadata,
} from './tensors.ts';

/** One field for each input of a model; together they make the body. */
export class InputFields {
  readonly #place = byId('try-inputs', HTMLElement);
  readonly #onBody: (body: string) => void;
  #fields: readonly InputField[] = [];

  /** @param onBody called with the body of the request when a field has changed */
  constructor(onBody: (body: string) => void) {
    this.#onBody = onBody;
  }

  show(inputs: readonly TensorMetadata[]): void {
    this.#fields = inputs.map((input) => new InputField(input, () => this.#report()));
    this.#place.replaceChildren(...this.#fields.map(({ element }) => element));
    this.#report();
  }

  clear(): void {
    this.#fields = [];
    this.#place.replaceChildren();
  }

  /** Gives dropped files to the first input that takes an image; returns whether there is one. */
  drop(files: FileList): boolean {
    const field = this.#fields.find(({ takesImage }) => takesImage);
    const file = files[0];
    if (!field || !file) return false;
    void field.takeImage(file);
    return true;
  }

  #report(): void {
    const values = this.#fields.map(({ value }) => value);
    this.#onBody(inferBody(values));
  }
}

/** Longer data are not worth editing in a field; the body has them. */
const MOST_SHOWN = 20_000;

class InputField {
  readonly element: HTMLElement;
  readonly #metadata: TensorMetadata;
  readonly #onChange: () => void;
  readonly #shape = el('input', { type: 'text' });
  readonly #data = el('textarea');
  readonly #fault = el('span', { class: 'fault', role: 'alert' });
  readonly #scaling = el('select', {}, ...Object.keys(SCALINGS).map((name) => el('option', {}, name)));
  value: InputTensor;

  constructor(metadata: TensorMetadata, onChange: () => void) {
    this.#metadata = metadata;
    this.#onChange = onChange;
    this.value = sampleInput(metadata);
    this.#data.rows = 2;
    this.#data.spellcheck = false;
    const { name, datatype, shape } = metadata;
    this.element = el(
      'fieldset',
      {},
      el('legend', {}, `${name} · ${datatype} [${shape.join(', ')}]`),
      el('label', {}, 'Shape ', this.#shape),
      el('label', { class: 'wide' }, 'Values ', this.#data),
      ...(this.takesImage ? this.#imageControls() : []),
      this.#fault,
    );
    this.#shape.addEventListener('input', () => this.#read());
    this.#data.addEventListener('input', () => this.#read());
    this.#write();
  }

  get takesImage(): boolean {
    return imageLayout(this.#metadata) !== undefined;
  }

  /** Scales an image to the input's size and takes its pixels. */
  async takeImage(file: File): Promise<void> {
    const layout = imageLayout(this.#metadata);
    if (!layout) return;
    try {
      const image = await createImageBitmap(file);
      const canvas = el('canvas');
      canvas.width = layout.width;
      canvas.height = layout.height;
      const context = canvas.getContext('2d');
      if (!context) throw new Error('the browser draws no images');
      context.drawImage(image, 0, 0, layout.width, layout.height);
      const { data } = context.getImageData(0, 0, layout.width, layout.height);
      this.value = imageInput(this.#metadata, layout, data, this.#scaling.value as Scaling);
      this.#write();
      this.#onChange();
    } catch (error) {
      setText(this.#fault, `The image cannot be read: ${error instanceof Error ? error.message : error}`);
    }
  }

  #imageControls(): HTMLElement[] {
    const file = el('input', { type: 'file' });
    file.accept = 'image/*';
    const take = () => {
      const chosen = file.files?.[0];
      if (chosen) void this.takeImage(chosen);
    };
    file.addEventListener('change', take);
    this.#scaling.addEventListener('change', take);
    return [el('label', {}, 'Image ', file), el('label', {}, 'Pixels ', this.#scaling)];
  }

  /** Shows the value in the fields. */
  #write(): void {
    const { shape, data } = this.value;
    this.#shape.value = shape.join(', ');
    const text = JSON.stringify(data);
    this.#data.disabled = text.length > MOST_SHOWN;
    this.#data.value = this.#data.disabled ? `${data.length} values` : text;
    setText(this.#fault, '');
  }

  /** Takes the value from the fields; keeps the last one while they are not complete. */
  #read(): void {
    const shape = this.#shape.value
      .split(/[\s,x]+/)
      .filter(Boolean)
      .map(Number);
    if (shape.some((size) => !Number.isInteger(size) || size < 0)) {
      setText(this.#fault, 'The shape is a list of whole numbers.');
      return;
    }
    let { data } = this.value;
    if (!this.#data.disabled) {
      try {
        const given: unknown = JSON.parse(this.#data.value);
        if (!Array.isArray(given)) throw new Error('it is not a list');
        data = given;
      } catch (error) {
        setText(
          this.#fault,
          `The values are not a JSON list: ${error instanceof Error ? error.message : error}`,
        );
        return;
      }
    }
    setText(this.#fault, '');
    this.value = { ...this.value, shape, data };
    this.#onChange();
  }
}
