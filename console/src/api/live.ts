/** Whether the cloud tells this page what changes, as it comes about: then little has to be asked. */
class Live {
  #isOn = false;

  readonly isOn = () => this.#isOn;

  set(isOn: boolean): void {
    this.#isOn = isOn;
  }
}

export const live = new Live();
