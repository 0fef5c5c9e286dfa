function ConvertTo-CanonicalText {
    <#
    .SYNOPSIS
    Joins texts so that two different sequences never give the same text.
    .PARAMETER Part
    The texts; a missing one differs from an empty one.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [AllowEmptyCollection()] [AllowNull()] [object[]] $Part)
    $texts = foreach ($one in $Part) {
        if ($null -eq $one) { '-' }
        else {
            $text = [string] $one
            "$($text.Length):$text"
        }
    }
    @($texts) -join ','
}

function Get-TextHash {
    <#
    .SYNOPSIS
    Gives the SHA-256 of a text's UTF-8 bytes, or of given bytes, in lower-case hexadecimal.
    .PARAMETER Text
    The text.
    .PARAMETER Bytes
    The bytes, in the text's place.
    #>
    [CmdletBinding(DefaultParameterSetName = 'Text')]
    param(
        [Parameter(Mandatory, ParameterSetName = 'Text')] [AllowEmptyString()] [string] $Text,
        [Parameter(Mandatory, ParameterSetName = 'Bytes')] [AllowEmptyCollection()] [byte[]] $Bytes
    )
    if ($PSCmdlet.ParameterSetName -eq 'Text') { $Bytes = [Text.Encoding]::UTF8.GetBytes($Text) }
    $algorithm = [Security.Cryptography.SHA256]::Create()
    try {
        [BitConverter]::ToString($algorithm.ComputeHash($Bytes)).Replace('-', '').ToLowerInvariant()
    }
    finally {
        $algorithm.Dispose()
    }
}

function Get-Fingerprint {
    <#
    .SYNOPSIS
    Hashes an observation, one hash for each part that a plan may depend on.
    .PARAMETER Observation
    What Get-HostObservation read.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [System.Collections.IDictionary] $Observation)
    $roles = @(foreach ($role in $Observation.client, $Observation.service) {
            $role.configured
            $role.policy
            $role.value
            $role.source
        }) + $Observation.encryptionOracle
    $live = @(foreach ($list in $Observation.live) {
            $list.policy
            $list.switch
            $list.concatenate
            $list.values.Count
            foreach ($value in $list.values) {
                $value.name
                $value.kind
                $value.data
            }
        }) + $Observation.archive
    $local = @(
        $Observation.registryPol
        $Observation.gptIni
        $Observation.localPolicyDisabled
    ) + $Observation.editors
    [ordered]@{
        roles  = Get-TextHash -Text (ConvertTo-CanonicalText -Part $roles)
        live   = Get-TextHash -Text (ConvertTo-CanonicalText -Part $live)
        local  = Get-TextHash -Text (ConvertTo-CanonicalText -Part $local)
        ledger = Get-TextHash -Text (ConvertTo-CanonicalText -Part @(, $Observation.ledger))
    }
}
