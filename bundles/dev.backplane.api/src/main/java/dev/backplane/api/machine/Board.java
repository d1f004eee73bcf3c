package dev.backplane.api.machine;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.ConfigurationException;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One machine's board. Wiring and life-cycle calls come on a kernel thread while no vCPU runs; accesses come on vCPU
 * threads, interrupts from any thread.
 */
@ConsumerType
public interface Board extends AutoCloseable {
    /**
     * Connects the windows of a device's bay to the buses.
     *
     * @param device the bay's identifier, for messages and firmware tables
     * @param shape what the guest sees
     * @param windows the handlers by window name; the bay's own, which stay while parts come and go
     * @throws ConfigurationException when a window overlaps another: names both owners
     */
    void attach(String device, Shape shape, Map<String, RegisterHandler> windows) throws ConfigurationException;

    /**
     * A device's interrupt line.
     *
     * @param device the bay's identifier
     * @param interrupt one of its shape's interrupts
     * @return the line; callable on any thread
     * @throws ConfigurationException when an edge-triggered line has another owner, or there is no such line
     */
    InterruptLine line(String device, Interrupt interrupt) throws ConfigurationException;

    /**
     * Names the engine that takes interrupts, in place of an earlier one.
     *
     * @param partition the engine, or null while there is none
     */
    void connect(@org.jspecify.annotations.Nullable Partition partition);

    /**
     * Puts firmware tables and what is to be booted into memory. Called before the first start and after each reset, with all
     * devices attached.
     *
     * @param boot what to boot
     * @return the state in which the boot processor starts
     * @throws ConfigurationException when a file cannot be read or is not what it should be
     */
    VcpuState load(BootSource boot) throws ConfigurationException;

    /** Goes to the power-on state. Called while no vCPU runs. */
    void reset();

    /**
     * The start of, or a return from, a standstill of the machine: the clock stops and goes on by itself.
     *
     * @param running whether the machine runs now
     */
    void running(boolean running);

    /**
     * A read of a port.
     *
     * @param port 0 to 0xffff
     * @param size 1, 2 or 4
     * @return the value, zero-extended; ones where nothing answers
     */
    int readPort(int port, int size);

    /**
     * A write to a port.
     *
     * @param port 0 to 0xffff
     * @param size 1, 2 or 4
     * @param value the value
     */
    void writePort(int port, int size, int value);

    /**
     * A read of memory that is not RAM.
     *
     * @param gpa the guest-physical address
     * @param size 1, 2, 4 or 8
     * @return the value, zero-extended; ones where nothing answers
     */
    long readMemory(long gpa, int size);

    /**
     * A write to memory that is not RAM.
     *
     * @param gpa the guest-physical address
     * @param size 1, 2, 4 or 8
     * @param value the value
     */
    void writeMemory(long gpa, int size, long value);

    /**
     * The acknowledge cycle of the interrupt controller.
     *
     * @return the vector
     */
    int acknowledge();

    /**
     * The end of a level-triggered interrupt.
     *
     * @param vector the vector that was in service
     */
    void endOfInterrupt(int vector);

    /** Gives up everything it holds. */
    @Override
    void close();
}
