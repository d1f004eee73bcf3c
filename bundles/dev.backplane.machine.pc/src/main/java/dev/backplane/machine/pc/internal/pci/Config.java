package dev.backplane.machine.pc.internal.pci;

/** Offsets and bits of configuration space (PCI Local Bus 3.0, 6.1; PCI Express 5.0, 7.5). */
final class Config {
    static final int VENDOR_ID = 0x00;
    static final int DEVICE_ID = 0x02;
    static final int COMMAND = 0x04;
    static final int STATUS = 0x06;
    static final int REVISION_ID = 0x08;
    static final int CLASS_CODE = 0x09;
    static final int HEADER_TYPE = 0x0e;
    static final int BAR = 0x10;
    static final int SUBSYSTEM_VENDOR_ID = 0x2c;
    static final int SUBSYSTEM_ID = 0x2e;
    static final int CAPABILITIES = 0x34;
    static final int INTERRUPT_LINE = 0x3c;
    static final int INTERRUPT_PIN = 0x3d;
    static final int FIRST_CAPABILITY = 0x40;

    static final int COMMAND_PORTS = 0;
    static final int COMMAND_MEMORY = 1;
    static final int COMMAND_MASTER = 2;
    static final int COMMAND_INTERRUPT_DISABLE = 10;
    /** The bits of the command register that do anything here, SERR# and parity among them. */
    static final int COMMAND_BITS = 0x0547;

    static final int STATUS_INTERRUPT = 3;
    static final int STATUS_CAPABILITIES = 4;

    static final int CAPABILITY_MSI = 0x05;
    static final int CAPABILITY_EXPRESS = 0x10;
    static final int CAPABILITY_MSIX = 0x11;

    private Config() {}
}
