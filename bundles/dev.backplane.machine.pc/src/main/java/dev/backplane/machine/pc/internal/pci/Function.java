package dev.backplane.machine.pc.internal.pci;

import dev.backplane.machine.pc.internal.chip.Interrupts;

/**
 * One function on the bus: its configuration space and what happens when a register changes. The root's monitor guards it; what it
 * sends out (interrupt messages) it sends from {@link #afterwards}, with the monitor left.
 */
abstract class Function {
    final ConfigSpace config = new ConfigSpace();
    private int lastCapability = Config.CAPABILITIES;
    private int nextCapability = Config.FIRST_CAPABILITY;

    Function(int vendorId, int deviceId, int classCode, int revisionId) {
        config.put(Config.VENDOR_ID, 2, vendorId)
                .put(Config.DEVICE_ID, 2, deviceId)
                .put(Config.REVISION_ID, 1, revisionId)
                .put(Config.CLASS_CODE, 3, classCode)
                .allow(Config.COMMAND, 2, Config.COMMAND_BITS)
                .allow(Config.INTERRUPT_LINE, 1, 0xff);
    }

    /** Appends a capability; returns where it begins. */
    final int capability(int id, byte[] body) {
        int at = nextCapability;
        config.put(lastCapability, 1, at).put(at, 1, id).put(at + 2, body);
        config.set(Config.STATUS, Config.STATUS_CAPABILITIES, true);
        lastCapability = at + 1;
        nextCapability = at + 2 + body.length + 3 & -4;
        if (nextCapability > 0x100) {
            throw new IllegalArgumentException("its capabilities need %d bytes: 192 is all there is"
                    .formatted(nextCapability - Config.FIRST_CAPABILITY));
        }
        return at;
    }

    /** A read of up to four bytes that do not cross a multiple of four. */
    int read(int offset, int bytes) {
        return config.get(offset, bytes);
    }

    /** A write of up to four bytes. Returns whether what it decodes may have changed. */
    boolean write(int offset, int bytes, int value) {
        config.write(offset, bytes, value);
        return offset < Config.BAR + 24;
    }

    /** Adds what it answers in memory and at ports now. */
    void decode(Decoded decoded) {}

    /** What it has to send after a change; called without the root's monitor. */
    void afterwards() {}

    /** Back to power-on. */
    void reset() {
        config.reset();
    }

    /** Names the interrupt controllers' end of its pin, where it has one. */
    void connect(Interrupts.Line line) {}
}
