package dev.backplane.shell.internal.gogo;

import dev.backplane.shell.command.Answer;
import java.io.File;
import java.util.Arrays;
import java.util.List;
import org.apache.felix.service.command.Converter;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * What Gogo's own commands take and give, and what it cannot read and show without its own shell: bundles, typed as their number or their
 * symbolic name, and paths.
 */
@Component(property = Converter.CONVERTER_CLASSES + "=org.osgi.framework.Bundle")
public final class GogoConverter implements Converter {
    private final BundleContext context;

    /** For Declarative Services. */
    @Activate
    public GogoConverter(BundleContext context) {
        this.context = context;
    }

    @Override
    public @Nullable Object convert(Class<?> wanted, Object typed) {
        return wanted == Bundle.class ? bundle(typed.toString()) : null;
    }

    /** Of two bundles with one name neither is meant. */
    private @Nullable Bundle bundle(String typed) {
        if (typed.matches("[0-9]{1,18}")) {
            return context.getBundle(Long.parseLong(typed));
        }
        List<Bundle> named = Arrays.stream(context.getBundles())
                .filter(bundle -> typed.equals(bundle.getSymbolicName()))
                .toList();
        return named.size() == 1 ? named.getFirst() : null;
    }

    @Override
    public @Nullable CharSequence format(Object shown, int level, Converter others) {
        return switch (shown) {
            case File file -> file.toString();
            // Into a pipe, for instance.
            case Answer answer -> answer.text();
            default -> null;
        };
    }
}
