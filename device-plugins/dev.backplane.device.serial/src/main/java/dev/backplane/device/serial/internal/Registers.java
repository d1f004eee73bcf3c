package dev.backplane.device.serial.internal;

/** Registers and bits of the 16550A, named and numbered as in National Semiconductor's PC16550D data sheet, section 8. */
final class Registers {
    /** Receiver buffer (read), transmitter holding (write); divisor's low byte while DLAB is set. */
    static final int RBR_THR = 0;
    /** Interrupt enable; divisor's high byte while DLAB is set. */
    static final int IER = 1;
    /** Interrupt identification (read), FIFO control (write). */
    static final int IIR_FCR = 2;

    static final int LCR = 3;
    static final int MCR = 4;
    static final int LSR = 5;
    static final int MSR = 6;
    static final int SCR = 7;
    static final int COUNT = 8;

    static final int IER_RECEIVED = 0x01;
    static final int IER_THR_EMPTY = 0x02;
    static final int IER_LINE_STATUS = 0x04;
    static final int IER_MODEM_STATUS = 0x08;
    static final int IER_BITS = 0x0f;

    static final int IIR_NONE = 0x01;
    static final int IIR_MODEM_STATUS = 0x00;
    static final int IIR_THR_EMPTY = 0x02;
    static final int IIR_RECEIVED = 0x04;
    static final int IIR_LINE_STATUS = 0x06;
    static final int IIR_TIMEOUT = 0x0c;
    static final int IIR_FIFOS_ENABLED = 0xc0;

    static final int FCR_ENABLE = 0x01;
    static final int FCR_CLEAR_RECEIVER = 0x02;
    /** Enable, DMA mode and trigger level; the clear bits clear themselves. */
    static final int FCR_BITS = 0xc9;

    static final int LCR_WORD_LENGTH = 0x03;
    static final int LCR_TWO_STOP_BITS = 0x04;
    static final int LCR_PARITY = 0x08;
    static final int LCR_BREAK = 0x40;
    static final int LCR_DLAB = 0x80;

    static final int MCR_DTR = 0x01;
    static final int MCR_RTS = 0x02;
    static final int MCR_OUT1 = 0x04;
    static final int MCR_OUT2 = 0x08;
    static final int MCR_LOOP = 0x10;
    static final int MCR_BITS = 0x1f;

    static final int LSR_DATA_READY = 0x01;
    static final int LSR_OVERRUN = 0x02;
    static final int LSR_FRAMING = 0x08;
    static final int LSR_BREAK = 0x10;
    static final int LSR_THR_EMPTY = 0x20;
    static final int LSR_TRANSMITTER_EMPTY = 0x40;
    static final int LSR_FIFO_ERROR = 0x80;
    static final int LSR_ERRORS = 0x1e;

    static final int MSR_DELTA_CTS = 0x01;
    static final int MSR_DELTA_DSR = 0x02;
    static final int MSR_TRAILING_RI = 0x04;
    static final int MSR_DELTA_DCD = 0x08;
    static final int MSR_DELTAS = 0x0f;
    static final int MSR_CTS = 0x10;
    static final int MSR_DSR = 0x20;
    static final int MSR_RI = 0x40;
    static final int MSR_DCD = 0x80;

    private Registers() {}
}
