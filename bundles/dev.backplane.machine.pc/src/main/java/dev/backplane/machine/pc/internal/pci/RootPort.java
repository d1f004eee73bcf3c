package dev.backplane.machine.pc.internal.pci;

import org.jspecify.annotations.Nullable;

/**
 * A root port with a slot behind it, empty at first (PCI Express 5.0, 6.7): what native hot-plug needs, without indicators. A device that
 * is put in shows itself by presence detection, and the attention button is pressed for it: the guest switches the slot's power on, and
 * the link is there. One that is to go is announced by the button; the guest lets it go by switching the power off.
 */
final class RootPort extends Function {
    private static final int VENDOR = 0x1b36;
    private static final int DEVICE = 0x000c;
    private static final int CLASS = 0x06_0400;
    private static final int BRIDGE_HEADER = 1;

    private static final int BUS_NUMBERS = 0x18;
    private static final int SECONDARY_BUS = 0x19;
    private static final int PORT_WINDOW = 0x1c;
    private static final int SECONDARY_STATUS = 0x1e;
    private static final int MEMORY_WINDOW = 0x20;
    private static final int PREFETCHABLE_WINDOW = 0x24;
    private static final int PREFETCHABLE_UPPER = 0x28;
    private static final int BRIDGE_CONTROL = 0x3e;
    private static final int BRIDGE_RESET = 6;

    private static final int WIDE_PORTS = 0x0101;
    private static final int WIDE_PREFETCHABLE = 0x0001_0001;

    private static final int MSI_BYTES = 14;
    private static final int MSI_CONTROL = 2;
    private static final int MSI_WIDE = 7;
    private static final int MSI_ADDRESS = 4;
    private static final int MSI_DATA = 12;

    private static final int SLOT_ATTENTION_BUTTON = 1;
    private static final int SLOT_POWER_CONTROLLER = 1 << 1;
    private static final int SLOT_HOT_PLUG_SURPRISE = 1 << 5;
    private static final int SLOT_HOT_PLUG = 1 << 6;
    private static final int SLOT_NO_COMMAND_COMPLETED = 1 << 18;
    private static final int SLOT_NUMBER_SHIFT = 19;

    private static final int CONTROL_BITS = 0x17ff;
    private static final int ENABLE_ATTENTION = 0;
    private static final int ENABLE_PRESENCE = 3;
    private static final int ENABLE_INTERRUPT = 5;
    /** Set: the slot has no power. */
    private static final int POWER_OFF = 10;

    private static final int ENABLE_LINK = 12;

    private static final int STATUS_ATTENTION = 0;
    private static final int STATUS_PRESENCE_CHANGED = 3;
    private static final int STATUS_PRESENCE = 6;
    private static final int STATUS_LINK_CHANGED = 8;
    private static final int STATUS_CHANGES = 0x11f;

    private static final int LINK_ACTIVE = 13;

    private final MsixTable.Sink sink;
    private final int express;
    private final int msi;
    private @Nullable Endpoint device;
    /** Whether the guest can know of the device. */
    private boolean present;

    private boolean signalled;
    private boolean due;

    // Guarded by the port's own monitor, since what is due is done without the root's.
    private @Nullable Runnable released;
    private boolean releaseDue;
    private boolean resetDue;
    private @Nullable Runnable resetter;

    /**
     * An empty slot.
     *
     * @param number the slot's number, from 1
     * @param sink where its messages go
     */
    RootPort(int number, MsixTable.Sink sink) {
        super(VENDOR, DEVICE, CLASS, 0);
        this.sink = sink;
        config.put(Config.HEADER_TYPE, 1, BRIDGE_HEADER)
                .put(PORT_WINDOW, 2, WIDE_PORTS)
                .put(PREFETCHABLE_WINDOW, 4, WIDE_PREFETCHABLE)
                .put(Config.INTERRUPT_PIN, 1, 1)
                .allow(BUS_NUMBERS, 4, 0x00ff_ffff)
                .allow(PORT_WINDOW, 2, 0xf0f0)
                .allow(MEMORY_WINDOW, 4, 0xfff0_fff0)
                .allow(PREFETCHABLE_WINDOW, 4, 0xfff0_fff0)
                .allow(PREFETCHABLE_UPPER, 8, -1)
                .allow(BRIDGE_CONTROL, 2, 0x0fff)
                .allowClear(SECONDARY_STATUS, 2, 0xf900);
        int slot = SLOT_ATTENTION_BUTTON
                | SLOT_POWER_CONTROLLER
                | SLOT_HOT_PLUG_SURPRISE
                | SLOT_HOT_PLUG
                | SLOT_NO_COMMAND_COMPLETED
                | number << SLOT_NUMBER_SHIFT;
        express = capability(
                Config.CAPABILITY_EXPRESS, ExpressCapability.body(ExpressCapability.ROOT_PORT, number, slot));
        config.put(express + ExpressCapability.SLOT_CONTROL, 2, 1 << POWER_OFF)
                .allow(express + ExpressCapability.SLOT_CONTROL, 2, CONTROL_BITS)
                .allowClear(express + ExpressCapability.SLOT_STATUS, 2, STATUS_CHANGES);
        byte[] body = new byte[MSI_BYTES - 2];
        msi = capability(Config.CAPABILITY_MSI, body);
        config.put(msi + MSI_CONTROL, 2, 1 << MSI_WIDE)
                .allow(msi + MSI_CONTROL, 2, 1)
                .allow(msi + MSI_ADDRESS, 4, 0xffff_fffcL)
                .allow(msi + MSI_ADDRESS + 4, 4, 0xffff_ffffL)
                .allow(msi + MSI_DATA, 2, 0xffff);
        config.complete();
    }

    /** The number that the guest has given to the bus behind it; 0: none. */
    int secondaryBus() {
        return config.get(SECONDARY_BUS, 1);
    }

    /** What the guest finds behind the port: a device that is there and has power. */
    @Nullable
    Endpoint device() {
        return isActive() ? device : null;
    }

    private boolean isActive() {
        return present && isPowered();
    }

    private boolean isPowered() {
        return !enabled(POWER_OFF);
    }

    boolean isPresent() {
        return present;
    }

    // The root's monitor is held in all of these; {@link #afterwards} is to be called.

    boolean isFree() {
        return device == null;
    }

    /**
     * Keeps the slot for a device.
     *
     * @param reset run when the guest has reset it
     */
    void keepFor(Endpoint next, Runnable reset) {
        device = next;
        synchronized (this) {
            resetter = reset;
        }
    }

    /** The device is in the slot from now on. */
    void insert() {
        present = true;
        show(STATUS_PRESENCE_CHANGED);
        if (isPowered()) {
            changed(STATUS_LINK_CHANGED);
        }
        changed(STATUS_ATTENTION);
    }

    /** Asks the guest to let the device go; one without power has gone already. */
    void askToRelease(Runnable then) {
        boolean powered = isPowered();
        synchronized (this) {
            released = then;
            releaseDue = !powered;
        }
        if (powered) {
            changed(STATUS_ATTENTION);
        }
    }

    /** Takes the device out of the slot. */
    void remove() {
        boolean wasPresent = present;
        boolean wasActive = isActive();
        device = null;
        present = false;
        takeReleased();
        synchronized (this) {
            resetter = null;
            resetDue = false;
        }
        if (wasPresent) {
            show(STATUS_PRESENCE_CHANGED);
        }
        if (wasActive) {
            changed(STATUS_LINK_CHANGED);
        }
    }

    /** Brings the status to what there is, and tells of a change. */
    private void show(int changed) {
        reveal();
        changed(changed);
    }

    private void reveal() {
        config.set(express + ExpressCapability.SLOT_STATUS, STATUS_PRESENCE, present);
        config.set(express + ExpressCapability.LINK_STATUS, LINK_ACTIVE, isActive());
    }

    private void changed(int bit) {
        config.set(express + ExpressCapability.SLOT_STATUS, bit, true);
        look();
    }

    /** A message is due when the first enabled event comes. */
    private void look() {
        boolean up = enabled(ENABLE_INTERRUPT)
                && (happened(STATUS_ATTENTION, ENABLE_ATTENTION)
                        || happened(STATUS_PRESENCE_CHANGED, ENABLE_PRESENCE)
                        || happened(STATUS_LINK_CHANGED, ENABLE_LINK));
        due |= up && !signalled;
        signalled = up;
    }

    private boolean enabled(int bit) {
        return config.isSet(express + ExpressCapability.SLOT_CONTROL, bit);
    }

    private boolean happened(int status, int enable) {
        return config.isSet(express + ExpressCapability.SLOT_STATUS, status) && enabled(enable);
    }

    @Override
    boolean write(int offset, int bytes, int value) {
        boolean resets = config.isSet(BRIDGE_CONTROL, BRIDGE_RESET);
        boolean active = isActive();
        super.write(offset, bytes, value);
        Endpoint behind = device;
        if (behind != null && resets && !config.isSet(BRIDGE_CONTROL, BRIDGE_RESET)) {
            reset(behind, false);
        }
        if (behind != null && active != isActive()) {
            show(STATUS_LINK_CHANGED);
            if (active) {
                reset(behind, true);
            }
        }
        look();
        return behind != null;
    }

    private void reset(Endpoint behind, boolean releases) {
        behind.reset();
        synchronized (this) {
            releaseDue |= releases;
            resetDue = true;
        }
    }

    @Override
    void decode(Decoded decoded) {
        Endpoint behind = device();
        if (behind != null) {
            behind.decode(decoded);
        }
    }

    @Override
    void afterwards() {
        if (due) {
            due = false;
            if (config.isSet(msi + MSI_CONTROL, 0) && config.isSet(Config.COMMAND, Config.COMMAND_MASTER)) {
                sink.message(config.get64(msi + MSI_ADDRESS), config.get(msi + MSI_DATA, 2));
            }
        }
        Runnable reset = takeReset();
        if (reset != null) {
            reset.run();
        }
        Runnable then = isReleaseDue() ? takeReleased() : null;
        if (then != null) {
            then.run();
        }
    }

    private synchronized @Nullable Runnable takeReset() {
        boolean taken = resetDue;
        resetDue = false;
        return taken ? resetter : null;
    }

    private synchronized boolean isReleaseDue() {
        return releaseDue;
    }

    private synchronized @Nullable Runnable takeReleased() {
        Runnable then = released;
        released = null;
        releaseDue = false;
        return then;
    }

    @Override
    void reset() {
        super.reset();
        // A slot with a device in it has power when the machine starts.
        config.set(express + ExpressCapability.SLOT_CONTROL, POWER_OFF, !present);
        config.set(express + ExpressCapability.SLOT_STATUS, STATUS_PRESENCE, present);
        config.set(express + ExpressCapability.LINK_STATUS, LINK_ACTIVE, present);
        signalled = false;
        due = false;
        if (device != null) {
            device.reset();
        }
    }

    byte[] save() {
        return config.save();
    }

    void restore(byte[] saved, boolean wasPresent) {
        config.restore(saved);
        present = wasPresent && device != null;
        reveal();
        look();
        due = false;
    }
}
