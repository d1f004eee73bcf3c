package dev.backplane.machine.pc.internal.chip;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.device.Interrupt.Trigger;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The interrupt controllers and the lines into them. Any thread; allocates nothing but in {@link #line}.
 *
 * <p>ISA line <i>n</i> goes to input <i>n</i> of the 8259 pair and to input <i>n</i> of the I/O APIC, line 0 to its input 2;
 * lines from 16 to the I/O APIC alone. Level-triggered lines may have several owners: their levels are ORed.
 *
 * <p>Its monitor guards all chips of the board. The CPU engine is told by {@link #deliver}, with the monitor left.
 */
public final class Interrupts {
    private static final int ISA_LINES = 16;
    private static final int TIMER = 0;
    private static final int TIMER_INPUT = 2;

    private final PicPair pics = new PicPair();
    private final IoApic ioApic = new IoApic();
    private final int[] asserted = new int[IoApic.INPUTS];
    private final List<List<Line>> owners = new ArrayList<>();

    private volatile @Nullable EngineWire wire;
    private volatile boolean output;

    /** Everything masked. */
    public Interrupts() {
        for (int i = 0; i < IoApic.INPUTS; i++) {
            owners.add(new ArrayList<>());
        }
    }

    /**
     * A line's end for one owner.
     *
     * @param owner who drives it, for messages
     * @param number the line
     * @param trigger how it is sensed
     * @return the line, down
     * @throws ConfigurationException when there is no such line, or it cannot be shared
     */
    public synchronized Line line(String owner, int number, Trigger trigger) throws ConfigurationException {
        if (number < 0 || number >= IoApic.INPUTS || number == Pic8259.CASCADE) {
            throw new ConfigurationException(
                    "%s: interrupt line %d: pc-1 has 0 to 23, of which 2 is taken".formatted(owner, number));
        }
        List<Line> others = owners.get(number);
        for (Line other : others) {
            if (trigger == Trigger.EDGE || other.trigger == Trigger.EDGE) {
                throw new ConfigurationException(
                        "%s: interrupt line %d belongs to %s, and only level-triggered lines can be shared: give one of them another line"
                                .formatted(owner, number, other.owner));
            }
        }
        if (others.size() == Integer.SIZE) {
            throw new ConfigurationException(
                    "%s: interrupt line %d has %d owners already".formatted(owner, number, Integer.SIZE));
        }
        Line line = new Line(owner, number, trigger, 1 << others.size());
        others.add(line);
        return line;
    }

    /** The level-triggered ISA lines, as a mask. */
    public synchronized int levelTriggered() {
        int mask = 0;
        for (int n = 0; n < ISA_LINES; n++) {
            if (!owners.get(n).isEmpty() && owners.get(n).getFirst().trigger == Trigger.LEVEL) {
                mask |= 1 << n;
            }
        }
        return mask;
    }

    /** Names the engine that takes the interrupts; what waits is delivered to it. */
    public void connect(@Nullable Partition engine) {
        wire = engine == null ? null : new EngineWire(engine);
        deliver();
    }

    /** The acknowledge cycle. */
    public int acknowledge() {
        int vector;
        synchronized (this) {
            vector = pics.acknowledge();
        }
        deliver();
        return vector;
    }

    /** A local APIC has ended a level-triggered interrupt. */
    public void endOfInterrupt(int vector) {
        synchronized (this) {
            ioApic.endOfInterrupt(vector);
        }
        deliver();
    }

    /** The state after power-on, with the level-triggered lines set up as firmware does it. */
    public void reset() {
        synchronized (this) {
            pics.reset();
            ioApic.reset();
            int levels = levelTriggered();
            pics.writeEdgeLevelControl(0, levels & 0xff);
            pics.writeEdgeLevelControl(1, levels >>> 8);
        }
        deliver();
    }

    /** Registers of the master, from port 0x20. */
    public RegisterHandler masterRegisters() {
        return new Guarded(pics::readMaster, pics::writeMaster);
    }

    /** Registers of the slave, from port 0xa0. */
    public RegisterHandler slaveRegisters() {
        return new Guarded(pics::readSlave, pics::writeSlave);
    }

    /** Edge/level control registers, from port 0x4d0. */
    public RegisterHandler edgeLevelRegisters() {
        return new Guarded(pics::readEdgeLevelControl, pics::writeEdgeLevelControl);
    }

    /** Registers of the I/O APIC. */
    public RegisterHandler ioApicRegisters() {
        return new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                synchronized (Interrupts.this) {
                    return ioApic.read(offset);
                }
            }

            @Override
            public void write(long offset, int size, long value) {
                synchronized (Interrupts.this) {
                    ioApic.write(offset, value);
                }
                deliver();
            }
        };
    }

    /** Tells the engine what is due. Called without the monitor, after everything that may have changed an output. */
    void deliver() {
        EngineWire to = wire;
        while (to != null && deliverOne(to)) {
            to = wire;
        }
        if (to != null) {
            to.tell(this);
        }
    }

    /** The 8259 pair's output, as of the last change. */
    boolean output() {
        return output;
    }

    boolean isConnected(EngineWire candidate) {
        return wire == candidate;
    }

    /** Whether there was something to deliver. What an engine gets while it is being replaced is delivered to the next, too. */
    private boolean deliverOne(EngineWire to) {
        int pin;
        long message;
        synchronized (this) {
            output = pics.interrupt();
            pin = ioApic.due();
            if (pin == IoApic.NONE) {
                return false;
            }
            message = ioApic.take(pin);
        }
        boolean arrived = false;
        try {
            to.engine().message(message >>> 32, (int) message);
            arrived = isConnected(to);
        } finally {
            if (!arrived) {
                synchronized (this) {
                    ioApic.repeat(pin);
                }
            }
        }
        return true;
    }

    public synchronized State save() {
        return new State(pics.save(), ioApic.save(), asLongs(asserted));
    }

    /** Goes on from a saved state. The lines have been made in the same order. */
    public synchronized void restore(State state) {
        pics.restore(state.pics);
        ioApic.restore(state.ioApic);
        for (int i = 0; i < asserted.length; i++) {
            asserted[i] = (int) state.asserted[i];
        }
    }

    private static long[] asLongs(int[] values) {
        long[] result = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = values[i];
        }
        return result;
    }

    private void drive(int number, boolean up) {
        if (number < ISA_LINES) {
            pics.input(number, up);
        }
        ioApic.input(number == TIMER ? TIMER_INPUT : number, up);
    }

    /** One owner's end of a line. */
    public final class Line implements InterruptLine {
        private final String owner;
        private final int number;
        private final Trigger trigger;
        private final int bit;

        private Line(String owner, int number, Trigger trigger, int bit) {
            this.owner = owner;
            this.number = number;
            this.trigger = trigger;
            this.bit = bit;
        }

        @Override
        public void set(boolean up) {
            synchronized (Interrupts.this) {
                if (!level(up)) {
                    return;
                }
            }
            deliver();
        }

        /** Sets the level for a caller that holds the monitor and will call {@link #deliver}. */
        boolean level(boolean up) {
            int before = asserted[number];
            int after = up ? before | bit : before & ~bit;
            asserted[number] = after;
            if ((before == 0) == (after == 0)) {
                return false;
            }
            drive(number, up);
            return true;
        }
    }

    private interface ByteReader {
        int read(int offset);
    }

    private interface ByteWriter {
        void write(int offset, int value);
    }

    /** Byte-wide registers of a chip under the monitor. */
    private final class Guarded implements ByteRegisters {
        private final ByteReader reader;
        private final ByteWriter writer;

        Guarded(ByteReader reader, ByteWriter writer) {
            this.reader = reader;
            this.writer = writer;
        }

        @Override
        public int readByte(int offset) {
            int value;
            synchronized (Interrupts.this) {
                value = reader.read(offset);
            }
            deliver();
            return value;
        }

        @Override
        public void writeByte(int offset, int value) {
            synchronized (Interrupts.this) {
                writer.write(offset, value);
            }
            deliver();
        }
    }

    /**
     * The state of the controllers and lines.
     *
     * @param pics the 8259 pair
     * @param ioApic the I/O APIC
     * @param asserted for each line, which of its owners assert it
     */
    public record State(PicPair.State pics, IoApic.State ioApic, long[] asserted) {}
}
