package dev.backplane.api.device;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.device.pci.PciPort;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.NetworkRef;
import dev.backplane.api.part.PartContext;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import org.osgi.annotation.versioning.ProviderType;

/** All that a device sees of the world. In the conformance kit the same interface is a fake with virtual time. */
@ProviderType
public interface DeviceContext extends PartContext {
    /**
     * Names the handler of a window. Called once per window while the device is made; accesses arrive after {@code
     * resume}.
     *
     * @param window a name from the device's {@link Shape}, or of its PCI function's windows
     * @param handler answers the accesses
     * @throws IllegalArgumentException when the shape has no such window
     */
    void serve(String window, RegisterHandler handler);

    /**
     * An interrupt line. Its level survives the part: a successor finds the line as it was left.
     *
     * @param name a name from the device's {@link Shape}
     * @return the line
     * @throws IllegalArgumentException when the shape has no such line
     */
    InterruptLine interrupt(String name);

    /**
     * The device's interrupts on the PCI bus.
     *
     * @return its port
     * @throws IllegalArgumentException when the shape has no {@link dev.backplane.api.device.pci.PciFunction}
     */
    PciPort pci();

    /**
     * Guest memory, for direct access.
     *
     * @return the memory
     */
    GuestMemory memory();

    /**
     * The guest's clock.
     *
     * @return the clock
     */
    GuestClock clock();

    /**
     * A timer that dies with the part and is held back while its bay is not running.
     *
     * @param handler called on a kernel thread; must not block
     * @return the timer, not armed
     */
    GuestTimer timer(Runnable handler);

    /**
     * The console that an option refers to.
     *
     * @param reference from the device's options
     * @return the console, which swallows output where nothing is attached
     */
    Console console(ConsoleRef reference);

    /**
     * The disk that an option refers to. Its calls block, and wait while a bay of the disk is away: make them on a thread of {@link
     * #executor}, not in a register handler.
     *
     * @param reference from the device's options
     * @return the disk; {@link ResizableStorage#resize} throws where it cannot be resized
     */
    ResizableStorage storage(StorageRef reference);

    /**
     * The network that an option refers to.
     *
     * @param reference from the device's options
     * @return the device's port on it
     */
    Network network(NetworkRef reference);

    /**
     * Asks for a reset of the whole machine, as its reset line would. Returns at once; the vCPU stops after the access.
     *
     * @param reason for the log, for instance {@code "keyboard controller, command 0xfe"}
     */
    void requestReset(String reason);

    /**
     * Ends the machine. Returns at once; the vCPU stops after the access.
     *
     * @param status the exit status that {@code run} reports, 0 to 255
     * @param reason for the log
     */
    void endMachine(int status, String reason);
}
