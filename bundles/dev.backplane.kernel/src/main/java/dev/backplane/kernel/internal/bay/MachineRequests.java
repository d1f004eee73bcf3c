package dev.backplane.kernel.internal.bay;

/** What parts and the board ask of their machine. Callable on any thread; returns at once. */
public interface MachineRequests {
    /**
     * Asks for a reset.
     *
     * @param reason for the log
     */
    void reset(String reason);

    /**
     * Asks for a reset of one device. What the guest does there waits from now on.
     *
     * @param device the bay's identifier
     */
    void resetDevice(String device);

    /**
     * Tells that the guest has given a processor back.
     *
     * @param vcpu its number
     */
    void processorEjected(int vcpu);

    /**
     * Asks for the end.
     *
     * @param status the exit status
     * @param reason for the log
     */
    void end(int status, String reason);

    /**
     * Tells that a part cannot go on; its gate is closed already.
     *
     * @param bay where it sits
     * @param occupant which part it is, so that a late report does not hit its successor
     * @param reason one line
     */
    void failed(Bay bay, long occupant, String reason);

    /** Tells that the guest has made anew what must be its own. */
    void guestRenewed();

    /** Tells that the guest has written to a console. Called for each byte: it must cost nothing. */
    void spoken();

    /**
     * Whether the machine is about to end.
     *
     * @return true from the first call of {@link #end}, or a kill, on
     */
    boolean ending();
}
