package dev.backplane.device.nvme.internal;

import dev.backplane.api.device.RegisterHandler;

/** The registers as the guest accesses them: dwords, in pairs where it likes (NVMe 1.4, 3.1). vCPU threads. */
final class Registers implements RegisterHandler {
    private static final long LOW = 0xffff_ffffL;

    private final Controller controller;

    Registers(Controller controller) {
        this.controller = controller;
    }

    @Override
    public long read(long offset, int size) {
        int at = (int) offset & -4;
        long value = dword(at) & LOW;
        if ((offset & 3) + size > 4) {
            value |= (long) dword(at + 4) << 32;
        }
        return value >>> 8 * (offset & 3);
    }

    private int dword(int at) {
        return switch (at) {
            case Layout.CAP -> (int) Layout.CAPABILITIES;
            case Layout.CAP + 4 -> (int) (Layout.CAPABILITIES >>> 32);
            case Layout.VS -> Layout.VERSION_1_4;
            case Layout.INTMS, Layout.INTMC -> controller.interruptMask();
            case Layout.CC -> controller.configuration();
            case Layout.CSTS -> controller.status();
            case Layout.AQA -> controller.adminAttributes();
            case Layout.ASQ -> (int) controller.adminSubmissions();
            case Layout.ASQ + 4 -> (int) (controller.adminSubmissions() >>> 32);
            case Layout.ACQ -> (int) controller.adminCompletions();
            case Layout.ACQ + 4 -> (int) (controller.adminCompletions() >>> 32);
            // Doorbells read as what one likes (3.1.24).
            default -> 0;
        };
    }

    /** What is no whole dword does nothing: its effect is not defined. */
    @Override
    public void write(long offset, int size, long value) {
        if ((offset & 3) != 0 || size < 4) {
            return;
        }
        write((int) offset, (int) value);
        if (size == 8) {
            write((int) offset + 4, (int) (value >>> 32));
        }
    }

    private void write(int at, int value) {
        if (at >= Layout.DOORBELLS) {
            ring((at - Layout.DOORBELLS) / Layout.DOORBELL_BYTES, value & 0xffff);
            return;
        }
        int attributes = controller.adminAttributes();
        long submissions = controller.adminSubmissions();
        long completions = controller.adminCompletions();
        switch (at) {
            case Layout.INTMS -> controller.mask(value, true);
            case Layout.INTMC -> controller.mask(value, false);
            case Layout.CC -> controller.configure(value);
            case Layout.AQA -> controller.adminQueues(value, submissions, completions);
            case Layout.ASQ -> controller.adminQueues(attributes, low(submissions, value), completions);
            case Layout.ASQ + 4 -> controller.adminQueues(attributes, high(submissions, value), completions);
            case Layout.ACQ -> controller.adminQueues(attributes, submissions, low(completions, value));
            case Layout.ACQ + 4 -> controller.adminQueues(attributes, submissions, high(completions, value));
            default -> {
                // Read-only, or nothing.
            }
        }
    }

    private void ring(int doorbell, int value) {
        if ((doorbell & 1) == 0) {
            controller.submitted(doorbell / 2, value);
        } else {
            controller.consumed(doorbell / 2, value);
        }
    }

    private static long low(long old, int value) {
        return old & ~LOW | value & LOW;
    }

    private static long high(long old, int value) {
        return old & LOW | (long) value << 32;
    }
}
