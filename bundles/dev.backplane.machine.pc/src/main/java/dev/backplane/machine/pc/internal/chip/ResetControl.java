package dev.backplane.machine.pc.internal.chip;

import dev.backplane.api.device.RegisterHandler;
import java.util.function.Consumer;

/**
 * The two reset registers of PC chip sets: 0xcf9, which the FADT names, and "fast reset" in system control port A. Any thread;
 * a race of two writers costs nothing but a second request.
 */
public final class ResetControl {
    /** The reset register, which lies within PCI's configuration address register. */
    public static final int PORT = 0xcf9;

    /** What has to be written to port 0xcf9 for a reset. */
    public static final int RESET_VALUE = 6;

    /** System control port A. */
    public static final int PORT_A = 0x92;

    private static final int RESET_OFFSET = 1;
    private static final int RST_CPU = 1 << 2;
    private static final int WRITABLE = 0x0e;
    private static final int FAST_RESET = 1;
    /** Address line 20 is never masked, whatever is written. */
    private static final int A20 = 1 << 1;

    private final Consumer<String> reset;
    private volatile int resetControl;
    private volatile int portA = A20;

    /**
     * The state after power-on.
     *
     * @param reset asks for a reset, with the reason; must not block
     */
    public ResetControl(Consumer<String> reset) {
        this.reset = reset;
    }

    /** The ports from 0xcf8: only an access of one byte to 0xcf9 is for the reset register, others belong to PCI. */
    public RegisterHandler resetRegister() {
        return new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                return offset == RESET_OFFSET && size == 1 ? resetControl & ~RST_CPU : -1;
            }

            @Override
            public void write(long offset, int size, long value) {
                if (offset != RESET_OFFSET || size != 1) {
                    return;
                }
                boolean rises = (value & RST_CPU) != 0 && (resetControl & RST_CPU) == 0;
                resetControl = (int) value & WRITABLE;
                if (rises) {
                    reset.accept("reset register, port 0xcf9");
                }
            }
        };
    }

    /** System control port A, port 0x92. */
    public RegisterHandler portA() {
        return new ByteRegisters() {
            @Override
            public int readByte(int offset) {
                return portA;
            }

            @Override
            public void writeByte(int offset, int value) {
                boolean rises = (value & FAST_RESET) != 0 && (portA & FAST_RESET) == 0;
                portA = value & FAST_RESET | A20;
                if (rises) {
                    reset.accept("fast reset, port 0x92");
                }
            }
        };
    }

    /** The state after power-on. */
    public void reset() {
        resetControl = 0;
        portA = A20;
    }

    public State save() {
        return new State(resetControl, portA);
    }

    /** Goes on from a saved state. */
    public void restore(State state) {
        resetControl = state.resetControl & WRITABLE;
        portA = state.portA & FAST_RESET | A20;
    }

    /**
     * Its state.
     *
     * @param resetControl what was written to port 0xcf9
     * @param portA system control port A
     */
    public record State(int resetControl, int portA) {}
}
