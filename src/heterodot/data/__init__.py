"""What passes between calculators, workflows and analysis: densities, states, flags."""
