package dev.backplane.kernel.internal.bay;

import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.device.Window;
import dev.backplane.api.machine.Board;
import dev.backplane.api.part.RevokedException;
import org.jspecify.annotations.Nullable;

/**
 * Where the exits of one vCPU go: to the board, as long as the engine that makes them is the machine's. Hot: one volatile
 * read and two plain stores a call, which tell where a vCPU is that does not come back.
 */
public final class Exits implements ExitHandler {
    private final String part;
    private final int index;
    private final VcpuPort port;
    private volatile @Nullable Board board;
    private Window.Space space = Window.Space.PORT;
    private long address = -1;

    Exits(String part, int index, Board board, VcpuPort port) {
        this.part = part;
        this.index = index;
        this.board = board;
        this.port = port;
    }

    private Board board() {
        Board live = board;
        if (live == null) {
            throw new RevokedException(part);
        }
        return live;
    }

    void cut() {
        board = null;
    }

    /** The space of the last access. */
    public Window.Space space() {
        return space;
    }

    /** The address of the last access; -1 before the first. */
    public long address() {
        return address;
    }

    /**
     * The last access, for people.
     *
     * @return for instance {@code port 0x3f8}
     */
    public String lastAccess() {
        return "%s 0x%x".formatted(space == Window.Space.PORT ? "port" : "address", address);
    }

    @Override
    public int readPort(int number, int size) {
        space = Window.Space.PORT;
        address = number;
        return board().readPort(number, size);
    }

    @Override
    public void writePort(int number, int size, int value) {
        space = Window.Space.PORT;
        address = number;
        board().writePort(number, size, value);
    }

    @Override
    public long readMemory(long gpa, int size) {
        space = Window.Space.MEMORY;
        address = gpa;
        return board().readMemory(gpa, size);
    }

    @Override
    public void writeMemory(long gpa, int size, long value) {
        space = Window.Space.MEMORY;
        address = gpa;
        board().writeMemory(gpa, size, value);
    }

    @Override
    public int acknowledge() {
        return board().acknowledge();
    }

    @Override
    public void endOfInterrupt(int vector) {
        board().endOfInterrupt(vector);
    }

    @Override
    public boolean stopping() {
        return port.stopping();
    }

    @Override
    public void spins() {
        port.spins(index);
    }

    @Override
    public long stolenNanos() {
        return port.stolenNanos(index);
    }
}
