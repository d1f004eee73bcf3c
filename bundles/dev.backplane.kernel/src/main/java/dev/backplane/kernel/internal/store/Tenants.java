package dev.backplane.kernel.internal.store;

import dev.backplane.api.vm.Vm.BayInfo;
import dev.backplane.api.vm.VmException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.plan.Impact;
import dev.backplane.kernel.internal.plan.Replacement;
import dev.backplane.kernel.internal.plan.SwapReport;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/** The machines of this process, as those see them who replace plugins. Callable on any thread but a machine's own. */
public interface Tenants {
    /**
     * The machines that there are.
     *
     * @return their names, ascending
     */
    List<String> names();

    /**
     * The bays that hold a part of some offers.
     *
     * @param offers the offers
     * @return each behind its machine's name and a slash
     */
    List<String> holding(Collection<Offer> offers);

    /**
     * The bays of a machine.
     *
     * @param vm its name
     * @return a copy; empty where it is gone
     */
    List<BayInfo> bays(String vm);

    /**
     * The machines that a replacement concerns.
     *
     * @param replacement which offers take over from which
     * @return their names, ascending
     */
    List<String> affected(Replacement replacement);

    /**
     * Finds out what a replacement would do to a machine.
     *
     * @param vm the machine
     * @param replacement which offers take over from which
     * @return the impact, with what refuses it
     * @throws VmException when there is no such machine, or it takes no commands
     */
    Impact preview(String vm, Replacement replacement) throws VmException;

    /**
     * Tries whether the new parts go on from the states that the old ones have now.
     *
     * @param vm the machine
     * @param replacement which offers take over from which
     * @param perBay how long one part may take
     * @return what went wrong, if something did: nothing has moved
     * @throws VmException when there is no such machine, or it takes no commands
     */
    SwapReport rehearse(String vm, Replacement replacement, Duration perBay) throws VmException;

    /**
     * Moves a machine's bays.
     *
     * @param vm the machine
     * @param replacement which offers take over from which
     * @param perBay how long one bay may take until its new part is ready
     * @return what was done
     * @throws VmException when there is no such machine, or it takes no commands
     */
    SwapReport move(String vm, Replacement replacement, Duration perBay) throws VmException;

    /**
     * Gives the bays of a machine that have lost their part another chance, also with types that have failed there.
     *
     * @param vm the machine
     * @param again those types
     * @throws VmException when there is no such machine, or it takes no commands
     */
    void refill(String vm, Collection<Offer> again) throws VmException;
}
