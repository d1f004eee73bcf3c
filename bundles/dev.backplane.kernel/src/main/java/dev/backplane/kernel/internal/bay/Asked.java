package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.Node;
import dev.backplane.kernel.internal.file.Overrides;
import dev.backplane.kernel.internal.file.PartSpec;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is asked for in a bay: what the VM file says, what was changed of it since, and what is said of other types. Methods are called on the
 * machine's control thread, but for {@link #spec}.
 */
public final class Asked {
    private volatile PartSpec spec;
    /** What was changed, by type and name. */
    private final Map<String, Map<String, String>> changes = new HashMap<>();
    /** What is asked for where a part of such a type comes next. */
    private final Map<String, PartSpec> others = new HashMap<>();

    Asked(PartSpec spec) {
        this.spec = spec;
    }

    /** What is asked for now; callable on any thread. */
    PartSpec spec() {
        return spec;
    }

    /**
     * Asks for a part of another type from now on. None sits in the bay.
     *
     * @param type the type
     */
    public void forType(String type) {
        spec = spec.ofType(type);
    }

    /**
     * Asks for what was asked for before. No part sits in the bay.
     *
     * @param before as {@link Bay#spec} returned it
     */
    public void again(PartSpec before) {
        others.remove(before.type());
        spec = before;
    }

    /**
     * Asks for what a part has that takes the place; what it was goes for its type as long as nothing else is said.
     *
     * @param next as {@link #of} returned it, or another one
     */
    public void instead(PartSpec next) {
        others.put(spec.type(), spec);
        again(next);
    }

    /**
     * Says what is asked for where a part of a type comes next.
     *
     * @param wanted of that type
     * @return what was asked for before, if that was said
     */
    public Optional<PartSpec> prefer(PartSpec wanted) {
        return Optional.ofNullable(others.put(wanted.type(), wanted));
    }

    /**
     * Takes that back.
     *
     * @param type the type
     * @param before as {@link #prefer(PartSpec)} returned it
     */
    public void prefer(String type, Optional<PartSpec> before) {
        before.ifPresentOrElse(asked -> others.put(type, asked), () -> others.remove(type));
    }

    /**
     * What is asked for where an offer's part comes: the options of a type are not another's.
     *
     * @param next the offer
     * @return of its type
     */
    public PartSpec of(Offer next) {
        PartSpec other = others.get(next.type());
        if (other != null) {
            return other;
        }
        return next.type().equals(spec.type())
                ? spec
                : new PartSpec(
                        spec.id(),
                        spec.kind(),
                        next.type(),
                        spec.typeAt(),
                        Optional.empty(),
                        spec.path(),
                        new Node.Mapping(spec.options().at(), Map.of()));
    }

    /**
     * What would be asked for with other options.
     *
     * @param values by name, each as in a VM file
     * @throws ConfigurationException when a name leads nowhere
     */
    PartSpec with(Map<String, String> values) throws ConfigurationException {
        return spec.with(Overrides.apply(spec.options(), values));
    }

    /**
     * Changes options, or takes over changes from an earlier life of the machine.
     *
     * @param values by name, each as in a VM file
     * @throws ConfigurationException when a name leads nowhere
     */
    public void change(Map<String, String> values) throws ConfigurationException {
        spec = with(values);
        changes.computeIfAbsent(spec.type(), any -> new TreeMap<>()).putAll(values);
    }

    /**
     * What was changed of the options of its type since the machine was made.
     *
     * @return values by name, each as in a VM file
     */
    public Map<String, String> changes() {
        return Map.copyOf(changes.getOrDefault(spec.type(), Map.of()));
    }
}
