package dev.backplane.device.rtc.internal;

/** Registers and bits of Motorola's MC146818A, named as in its data sheet. */
final class Registers {
    static final int SECONDS = 0x00;
    static final int SECONDS_ALARM = 0x01;
    static final int MINUTES = 0x02;
    static final int MINUTES_ALARM = 0x03;
    static final int HOURS = 0x04;
    static final int HOURS_ALARM = 0x05;
    static final int DAY_OF_WEEK = 0x06;
    static final int DAY_OF_MONTH = 0x07;
    static final int MONTH = 0x08;
    static final int YEAR = 0x09;
    static final int A = 0x0a;
    static final int B = 0x0b;
    static final int C = 0x0c;
    static final int D = 0x0d;
    /** Where PCs keep the century; the ACPI tables say so too. */
    static final int CENTURY = 0x32;

    static final int COUNT = 0x80;

    static final int A_UPDATE_IN_PROGRESS = 0x80;
    /** Both set: the divider is held in reset. */
    static final int A_DIVIDER_RESET = 0x60;

    static final int A_RATE = 0x0f;
    /** Divider for 32.768 kHz, rate 1024 Hz: what PC firmware sets. */
    static final int A_POWER_ON = 0x26;

    static final int B_SET = 0x80;
    static final int B_BINARY = 0x04;
    static final int B_24_HOURS = 0x02;
    static final int B_SQUARE_WAVE = 0x08;

    /** Periodic, alarm and update-ended: enabled in B, flagged in C. */
    static final int PERIODIC = 0x40;

    static final int ALARM = 0x20;
    static final int UPDATE = 0x10;
    static final int INTERRUPTS = PERIODIC | ALARM | UPDATE;

    static final int C_INTERRUPT_REQUEST = 0x80;
    static final int D_VALID_RAM_AND_TIME = 0x80;

    private Registers() {}

    /** Whether a register shows the time while the clock runs. */
    static boolean isTime(int register) {
        return switch (register) {
            case SECONDS, MINUTES, HOURS, DAY_OF_WEEK, DAY_OF_MONTH, MONTH, YEAR, CENTURY -> true;
            default -> false;
        };
    }
}
