/** What is used of noVNC, which comes without types (its docs/API.md). */
declare module "@novnc/novnc" {
  class RFB extends EventTarget {
    constructor(target: HTMLElement, url: string, options?: { shared?: boolean });
    viewOnly: boolean;
    scaleViewport: boolean;
    background: string;
    focus(): void;
    disconnect(): void;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    sendCtrlAltDel(): void;
    toDataURL(type?: string): string;
  }
  export default RFB;
}
