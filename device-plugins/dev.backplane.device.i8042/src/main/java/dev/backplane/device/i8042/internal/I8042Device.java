package dev.backplane.device.i8042.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;

/**
 * A keyboard controller without keyboard and mouse. Each command is done when its write returns, and each that has an
 * answer gives one, so that no probe waits: bit 1 of the status is never set, and what the self test and the interface
 * tests say is final.
 */
final class I8042Device implements Device<I8042State> {
    private static final int STATUS_OUTPUT_FULL = 0x01;
    private static final int STATUS_SYSTEM = 0x04;
    private static final int STATUS_COMMAND = 0x08;
    private static final int STATUS_NOT_LOCKED = 0x10;

    private static final int READ_COMMAND_BYTE = 0x20;
    private static final int WRITE_COMMAND_BYTE = 0x60;
    private static final int TEST_MOUSE = 0xa9;
    private static final int SELF_TEST = 0xaa;
    private static final int TEST_KEYBOARD = 0xab;
    private static final int READ_INPUT_PORT = 0xc0;
    private static final int READ_OUTPUT_PORT = 0xd0;
    private static final int WRITE_OUTPUT_PORT = 0xd1;
    private static final int ECHO_AS_KEYBOARD = 0xd2;
    private static final int ECHO_AS_MOUSE = 0xd3;
    private static final int WRITE_MOUSE = 0xd4;
    private static final int PULSE = 0xf0;

    private static final int SELF_TEST_PASSED = 0x55;
    private static final int NO_ERROR = 0x00;
    private static final int CLOCK_STUCK_LOW = 0x01;
    private static final int NOT_RESETTING = 0x01;
    private static final int A20_OPEN = 0x02;
    /** The self test passed, both interfaces off, keys translated. */
    private static final int COMMAND_BYTE = 0x74;

    static final I8042State POWER_ON = new I8042State(COMMAND_BYTE, NOT_RESETTING | A20_OPEN, -1, 0, false);

    private final DeviceContext context;
    private int commandByte;
    private int outputPort;
    private int output;
    private int parameterOf;
    private boolean lastWasCommand;

    I8042Device(DeviceContext context, I8042State state) {
        this.context = context;
        load(state);
        context.serve(I8042Factory.DATA, new Port(this::readData, this::writeData));
        context.serve(I8042Factory.COMMAND, new Port(this::readStatus, this::writeCommand));
    }

    private synchronized int readData() {
        int value = Math.max(output, 0);
        output = -1;
        return value;
    }

    private synchronized int readStatus() {
        int status = STATUS_NOT_LOCKED | commandByte & STATUS_SYSTEM;
        status |= output >= 0 ? STATUS_OUTPUT_FULL : 0;
        return status | (lastWasCommand ? STATUS_COMMAND : 0);
    }

    private synchronized void writeCommand(int command) {
        lastWasCommand = true;
        parameterOf = 0;
        switch (command) {
            case READ_COMMAND_BYTE -> output = commandByte;
            case SELF_TEST -> {
                commandByte |= STATUS_SYSTEM;
                output = SELF_TEST_PASSED;
            }
            case TEST_KEYBOARD -> output = NO_ERROR;
            // Tells a probe that there is no mouse.
            case TEST_MOUSE -> output = CLOCK_STUCK_LOW;
            case READ_INPUT_PORT -> output = 0;
            case READ_OUTPUT_PORT -> output = outputPort;
            case WRITE_COMMAND_BYTE, WRITE_OUTPUT_PORT, ECHO_AS_KEYBOARD, ECHO_AS_MOUSE, WRITE_MOUSE ->
                parameterOf = command;
            default -> {
                // The low four bits of 0xf0 to 0xff choose the lines that stay up; line 0 is the processor's reset.
                if (command >= PULSE && (command & NOT_RESETTING) == 0) {
                    reset("command 0x%02x".formatted(command));
                }
            }
        }
    }

    private synchronized void writeData(int value) {
        lastWasCommand = false;
        switch (parameterOf) {
            case WRITE_COMMAND_BYTE -> commandByte = value;
            case WRITE_OUTPUT_PORT -> {
                // Bit 1 is A20, which is open whatever is written: address bit 20 is never masked on this board.
                outputPort = value | A20_OPEN | NOT_RESETTING;
                if ((value & NOT_RESETTING) == 0) {
                    reset("output port 0x%02x".formatted(value));
                }
            }
            // An echo as the mouse would set bit 5 of the status: its absence says that there is no mouse.
            case ECHO_AS_KEYBOARD, ECHO_AS_MOUSE -> output = value;
            default -> {
                // For the keyboard or the mouse, which are not there.
            }
        }
        parameterOf = 0;
    }

    private void reset(String how) {
        context.requestReset("keyboard controller, " + how);
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is ever in flight.
    }

    @Override
    public synchronized I8042State save() {
        return new I8042State(commandByte, outputPort, output, parameterOf, lastWasCommand);
    }

    @Override
    public void resume(Resumption why) {
        // Nothing to start.
    }

    @Override
    public synchronized void reset(ResetKind kind) {
        load(POWER_ON);
    }

    @Override
    public void close() {
        // Holds nothing.
    }

    private void load(I8042State state) {
        commandByte = state.commandByte();
        outputPort = state.outputPort();
        output = state.output();
        parameterOf = state.parameterOf();
        lastWasCommand = state.lastWasCommand();
    }

    /** A port of one byte. */
    private record Port(Reader reader, Writer writer) implements RegisterHandler {
        @Override
        public long read(long offset, int size) {
            return reader.read();
        }

        @Override
        public void write(long offset, int size, long value) {
            writer.write((int) value & 0xff);
        }
    }

    @FunctionalInterface
    private interface Reader {
        int read();
    }

    @FunctionalInterface
    private interface Writer {
        void write(int value);
    }
}
