"""Running a plan: trials, the evidence that they are, phase maps, evidence of earlier nights, pinned trials."""
